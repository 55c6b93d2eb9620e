"""Rows of one query: SQLite by the standard library, other SQL storages by SQLAlchemy."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from nasattn.errors import FailedError, NasattnError, UserError
from nasattn.records.trial_file import has_trials

Row = tuple[int, str, str]

PATIENCE_S = 5.0
"""How long a reader waits for a writer; a writer locks readers out only while it commits."""

_SQLITE = "sqlite:///"
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_sqlite(storage: str | Path) -> bool:
    """Tell whether a storage is an SQLite file that is read without SQLAlchemy."""
    return isinstance(storage, Path) or storage.startswith(_SQLITE)


def read_rows(
    storage: str | Path, query: str, values: Mapping[str, str], *, patience_s: float = PATIENCE_S
) -> list[Row]:
    """Return the rows of ``query`` in ``storage``: an SQLite file, or the URL of a database.

    Raises:
        UserError: the database is not there, cannot be opened, or is not what it should be.
        FailedError: another process has kept it locked for ``patience_s``.
    """
    if isinstance(storage, Path):
        return _sqlite_rows(storage, query, values, patience_s)
    if storage.startswith(_SQLITE):
        path = Path(storage.removeprefix(_SQLITE).partition("?")[0])
        return _sqlite_rows(path, query, values, patience_s)
    return _other_rows(storage, query, values)


def _sqlite_rows(path: Path, query: str, values: Mapping[str, str], patience_s: float) -> list[Row]:
    if not path.is_file():
        raise UserError(f"{path}: no such file: the study's trials should be there")
    try:
        try:
            return _select(path, "ro", query, values, patience_s)
        except sqlite3.OperationalError as error:
            if not _needs_recovery(error):
                raise
            return _select(path, "rw", query, values, patience_s)
    except sqlite3.Error as error:
        raise _explain(path, error, patience_s) from None


def _select(
    path: Path, mode: str, query: str, values: Mapping[str, str], patience_s: float
) -> list[Row]:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, timeout=patience_s)
    try:
        return connection.execute(query, dict(values)).fetchall()
    finally:
        connection.close()


def _needs_recovery(error: sqlite3.OperationalError) -> bool:
    """Return whether a writer was killed in a commit: only a writable connection can undo it."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY


def _explain(path: Path, error: sqlite3.Error, patience_s: float) -> NasattnError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _BUSY:
        long = f"another process has been writing for more than {patience_s:g} s"
        return FailedError(f"{path}: busy: {long}; try again")
    again = ""
    if has_trials(path.parent):
        again = "; move it away, and `nasattn resume` rebuilds it from the run folder"
    return UserError(f"{path}: not a readable study database: {error}{again}")


def _other_rows(storage: str, query: str, values: Mapping[str, str]) -> list[Row]:
    import sqlalchemy  # slow to import, and most studies lie in SQLite

    try:
        url = sqlalchemy.make_url(storage)
    except sqlalchemy.exc.ArgumentError:
        raise UserError(
            f'storage = "{storage}": not the URL of an SQL database, '
            'as in "postgresql://user@host/name"'
        ) from None
    shown = url.render_as_string(hide_password=True)
    try:
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            rows = connection.execute(sqlalchemy.text(query), dict(values)).all()
    except ImportError as error:
        raise UserError(f"storage {shown}: its driver is not installed: {error}") from None
    except sqlalchemy.exc.SQLAlchemyError as error:
        first_line = str(error).partition("\n")[0]
        raise UserError(f"storage {shown}: cannot be read: {first_line}") from None
    return cast("list[Row]", [tuple(row) for row in rows])

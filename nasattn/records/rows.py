"""Rows of one query: SQLite by the standard library, other SQL storages by SQLAlchemy."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from nasattn.errors import LostError, NasattnError, UserError
from nasattn.records.database import (
    connect_arguments,
    engine_url,
    first_line,
    is_lost,
    named,
    without_password,
)
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
        LostError: the server of a database does not answer, or another process has kept an
            SQLite file locked for ``patience_s``.
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
        return LostError(f"{path}: busy: {long}; try again")
    again = ""
    if has_trials(path.parent):
        again = "; move it away, and `nasattn resume` rebuilds it from the run folder"
    return UserError(f"{path}: not a readable study database: {error}{again}")


def _other_rows(storage: str, query: str, values: Mapping[str, str]) -> list[Row]:
    import sqlalchemy  # slow to import, and most studies lie in SQLite

    shown, address = without_password(storage), engine_url(storage)
    try:
        url = sqlalchemy.make_url(address)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise UserError(
            f'{named(storage)}: not the URL of an SQL database, as in "postgresql://user@host/name"'
        ) from None
    try:
        arguments = connect_arguments(address)
        engine = sqlalchemy.create_engine(
            url, poolclass=sqlalchemy.NullPool, connect_args=arguments
        )
        with engine.connect() as connection:
            rows = connection.execute(sqlalchemy.text(query), dict(values)).all()
    except ImportError as error:
        raise UserError(f"storage {shown}: its driver is not installed: {error}") from None
    except sqlalchemy.exc.SQLAlchemyError as error:
        kind = LostError if is_lost(error) else UserError
        raise kind(f"storage {shown}: cannot be read: {first_line(error)}") from None
    return cast("list[Row]", [tuple(row) for row in rows])

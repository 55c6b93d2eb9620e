"""Optuna's storage with errors of one line, and without its chatter."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from sqlalchemy import event
from sqlalchemy.exc import (
    ArgumentError,
    IntegrityError,
    NoResultFound,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from nasattn.errors import UserError, WriteError

DIRECTIONS = {
    "accuracy": StudyDirection.MAXIMIZE,
    "params": StudyDirection.MINIMIZE,
    "flops": StudyDirection.MINIMIZE,
    "latency_ms": StudyDirection.MINIMIZE,
}
# How long a write waits for another process's transaction.
_LOCK_SECONDS = 60
_GONE = "{} is gone: it was deleted or moved under way; put it back"
_REPLACED = "{} was replaced by another under way; put it back and go on with `nasattn resume`"
_TABLES_SECONDS = 1.0
_MACHINE = ("disk is full", "disk I/O error", "readonly database", "No space left")


def default_url(folder: Path) -> str:
    """Return the URL of the embedded storage in a run folder.

    Raises:
        UserError: the folder's path has a character that means something else in a URL.
    """
    if set("?%") & set(folder.as_posix()):
        raise UserError(f'run folder {folder}: its path must not contain "?" or "%"')
    return f"sqlite:///{(folder / 'study.db').as_posix()}"


def absolute_url(url: str) -> str:
    """Return a storage URL that means the same from every folder.

    Raises:
        UserError: no URL, or an SQLite database in memory, which no study outlives.
    """
    if ":" not in url:
        raise UserError(f'storage "{url}": must be a URL, such as sqlite:///FILE')
    scheme, separator, path = url.partition(":///")
    if not scheme.startswith("sqlite"):
        return url
    if not separator or path in ("", ":memory:"):
        raise UserError(f"storage {url}: would be gone with the process; give sqlite:///FILE")
    return f"{scheme}:///{Path(path).absolute().as_posix()}"


def without_password(url: str | None) -> str | None:
    """Return a storage URL as files and messages may show it.

    >>> without_password("postgresql://ann:secret@host/studies")
    'postgresql://ann@host/studies'
    """
    return re.sub(r"(://[^:/@]+):[^@]*@", r"\1@", url) if url else None


def open_storage(url: str, shown: str) -> RDBStorage:
    """Connect to a storage; tables are made where there are none.

    Args:
        url: An SQLAlchemy URL.
        shown: The URL as messages may show it, without a password.

    Raises:
        UserError: there is no such storage.
        WriteError: it is there, but the disk is full or takes no writes.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    file = sqlite_file(url)
    arguments = {"connect_args": {"timeout": _LOCK_SECONDS}} if file else {}
    try:
        storage = _connected(url, arguments)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise UserError(
            f"storage {shown}: not usable: {_first_line(error)}; "
            "known: sqlite:///FILE, postgresql://…, mysql://…"
        ) from None
    except (SQLAlchemyError, OptunaError, OSError, RuntimeError) as error:
        text = _first_line(error)
        # SQLite's words for a machine that fails, not a user who errs.
        kind = WriteError if any(word in text for word in _MACHINE) else UserError
        raise kind(f"storage {shown}: cannot be opened: {text}") from None
    if file:
        _never_make_anew(storage, file)
    return storage


def _connected(url: str, arguments: dict[str, Any]) -> RDBStorage:
    try:
        return RDBStorage(url, engine_kwargs=arguments)
    except (IntegrityError, ProgrammingError, OperationalError):
        # Another process may be making the tables: it has made them by then, or it is trouble.
        sleep(_TABLES_SECONDS)
        return RDBStorage(url, engine_kwargs=arguments)


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database; None where the URL is of another kind."""
    scheme, separator, path = url.partition(":///")
    return Path(path) if separator and scheme.startswith("sqlite") else None


def _never_make_anew(storage: RDBStorage, file: Path) -> None:
    """Let no later connection make an empty database where the study's was deleted."""

    def refuse(*_: object) -> None:
        if not file.is_file():
            raise WriteError(_GONE.format(file))

    event.listen(storage.engine, "do_connect", refuse)


@contextmanager
def storage_errors(shown: str) -> Iterator[None]:
    """Turn what a broken storage raises into one line.

    Raises:
        WriteError: the storage could not be written or read.
    """
    try:
        yield
    except (KeyError, NoResultFound) as error:
        # So Optuna says that a row is not there; none is ever deleted.
        raise WriteError(_REPLACED.format(shown)) from error
    except (SQLAlchemyError, OptunaError) as error:
        raise WriteError(_explained(_first_line(error.__cause__ or error), shown)) from error


def _explained(text: str, shown: str) -> str:
    file = sqlite_file(shown)
    if file and not file.is_file():
        return _GONE.format(file)
    if file and "readonly database" in text and os.access(file, os.W_OK):
        return _REPLACED.format(file)
    if "database is locked" in text:
        return f"storage {shown}: another process has kept it locked for {_LOCK_SECONDS} s"
    return f"storage {shown}: {text}"


def _first_line(error: BaseException) -> str:
    text = str(getattr(error, "orig", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__

"""Optuna's storage with errors of one line, without its chatter, and waited for when it is away."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from time import sleep
from typing import Any

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from sqlalchemy import event, text
from sqlalchemy.exc import (
    ArgumentError,
    IntegrityError,
    NoResultFound,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.orm import Session

from nasattn.errors import LostError, UserError, WriteError
from nasattn.records.database import connect_arguments, engine_url, first_line, is_lost, named
from nasattn.search.patience import persist

DIRECTIONS = {
    "accuracy": StudyDirection.MAXIMIZE,
    "params": StudyDirection.MINIMIZE,
    "flops": StudyDirection.MINIMIZE,
    "latency_ms": StudyDirection.MINIMIZE,
}
CLAIM_KEY = "nasattn:claim"
"""Of a row: the trial and the attempt that it claims; no other has the same."""

_CLAIMED = """
SELECT t.trial_id FROM trials t JOIN trial_user_attributes a ON a.trial_id = t.trial_id
WHERE t.study_id = :study AND a.key = :key AND a.value_json = :claim AND t.trial_id != :own
"""
# How long a write waits for another process's transaction.
_LOCK_SECONDS = 60
_GONE = "{} is gone: it was deleted or moved under way; put it back"
_REPLACED = "{} was replaced by another under way; put it back and go on with `nasattn resume`"
_TABLES_SECONDS = 1.0
# A server then ends the transaction of a client that was cut off, and lets go of its locks.
_ABANDONED = (
    "SET idle_in_transaction_session_timeout = '30s'; SET tcp_keepalives_idle = 10; "
    "SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
)
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
        UserError: no URL, one that cannot be understood, or an SQLite database in memory, which
            no study outlives.
    """
    if "://" not in url:
        raise UserError(f"{named(url)}: must be a URL, such as sqlite:///FILE")
    scheme, separator, path = url.partition(":///")
    if not scheme.startswith("sqlite"):
        engine_url(url)
        return url
    if not separator or path in ("", ":memory:"):
        raise UserError(f"storage {url}: would be gone with the process; give sqlite:///FILE")
    return f"{scheme}:///{Path(path).absolute().as_posix()}"


class ClaimedError(Exception):
    """Another row has the same claim already: none was entered."""


class PatientStorage(RDBStorage):
    """Optuna's storage, asked again where it does not answer and the asking thread is patient.

    Whatever is asked comes to the same when it is done twice: it reads, it sets a value, or it
    enters a row whose claim no other may have. (Of a row that was closed and only the answer
    lost, the second close says that another has closed it, who is then looked for in vain.)
    """

    def _get_prepared_new_trial(
        self, study_id: int, template_trial: FrozenTrial | None, session: Session
    ) -> Any:
        # A server has locked the study, SQLite locks its file with the first write: from then on
        # who comes second sees the first one's row.
        prepared = super()._get_prepared_new_trial(study_id, template_trial, session)
        claim = template_trial.user_attrs.get(CLAIM_KEY) if template_trial else None
        claimed = {"study": study_id, "key": CLAIM_KEY, "claim": json.dumps(claim)}
        own = {"own": prepared.trial_id}
        if claim is not None and session.execute(text(_CLAIMED), claimed | own).first():
            raise ClaimedError  # which takes the row back
        return prepared


def _patiently(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def ask(*arguments: Any, **named: Any) -> Any:
        return persist(lambda: method(*arguments, **named))

    return ask


for _name in (
    *("create_new_study", "get_all_studies", "get_study_id_from_name", "get_study_user_attrs"),
    *("set_study_user_attr", "set_study_system_attr", "get_n_trials", "get_trial"),
    *("set_trial_user_attr", "set_trial_state_values", "create_new_trial"),
):
    setattr(PatientStorage, _name, _patiently(getattr(RDBStorage, _name)))


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
    file, address = sqlite_file(url), engine_url(url)
    connect = {"timeout": _LOCK_SECONDS} if file else connect_arguments(address)
    options: dict[str, Any] = {"connect_args": connect, "pool_pre_ping": not file}
    try:
        storage = persist(lambda: _connected(address, options))
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise UserError(
            f"storage {shown}: not usable: {first_line(error)}{_advice(error)}; "
            "known: sqlite:///FILE, postgresql://…, mysql://…"
        ) from None
    except (SQLAlchemyError, OptunaError, OSError, RuntimeError) as error:
        words = first_line(error)
        # SQLite's words for a machine that fails, not a user who errs.
        kind = WriteError if any(word in words for word in _MACHINE) else UserError
        raise kind(f"storage {shown}: cannot be opened: {words}") from None
    if file:
        _never_make_anew(storage, file)
    elif storage.engine.name == "postgresql":
        event.listen(storage.engine, "connect", _set_up)
        storage.engine.dispose()  # the connection that made the tables was not set up
    return storage


def _advice(error: Exception) -> str:
    return ": pip install 'nasattn[postgresql]'" if isinstance(error, ImportError) else ""


def _connected(url: str, options: dict[str, Any]) -> RDBStorage:
    try:
        return PatientStorage(url, engine_kwargs=options)
    except (IntegrityError, ProgrammingError, OperationalError) as error:
        if is_lost(error):
            raise
        # Another process may be making the tables: it has made them by then, or it is trouble.
        sleep(_TABLES_SECONDS)
        return PatientStorage(url, engine_kwargs=options)


def _set_up(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ABANDONED)
    connection.commit()


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
        LostError: it does not answer.
    """
    try:
        yield
    except (KeyError, NoResultFound) as error:
        # So Optuna says that a row is not there; none is ever deleted.
        raise WriteError(_REPLACED.format(shown)) from error
    except (SQLAlchemyError, OptunaError) as error:
        kind = LostError if is_lost(error) else WriteError
        raise kind(_explained(first_line(error.__cause__ or error), shown)) from error


def _explained(text: str, shown: str) -> str:
    file = sqlite_file(shown)
    if file and not file.is_file():
        return _GONE.format(file)
    if file and "readonly database" in text and os.access(file, os.W_OK):
        return _REPLACED.format(file)
    if "database is locked" in text:
        return f"storage {shown}: another process has kept it locked for {_LOCK_SECONDS} s"
    return f"storage {shown}: {text}"

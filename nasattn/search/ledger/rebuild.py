"""The database of a study made again from its run folder."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from nasattn.errors import UserError, WriteError
from nasattn.records import (
    CURVE_KEY,
    MARK_KEY,
    RECORD_KEY,
    TRIAL_FILE,
    KeptTrial,
    has_trials,
    read_trial,
    trial_folders,
    without_curve,
)
from nasattn.search.ledger.bulk import enter_trials
from nasattn.search.ledger.entering import SETTINGS_KEY, name_objectives
from nasattn.search.ledger.ledger import OPTUNA_STATES, objective_values
from nasattn.search.ledger.roster import claim_of
from nasattn.search.ledger.sampler_part import read_sampler_part
from nasattn.search.storage import CLAIM_KEY, DIRECTIONS, open_storage, storage_errors
from nasattn.search.study.settings import Settings

DATABASE = "study.db"
_UNFINISHED = ".study.db.rebuilt"
_QUIET_SECONDS = 2.0
_GONE = f"{DATABASE} is gone: "
# SQLite's words for a file that holds no database any more.
_DAMAGED = ("not a database", "malformed")
# And for one that is no longer the file which was opened; also for one without permission.
_MOVED = "attempt to write a readonly database"


def rebuild_if_gone(
    folder: Path, settings: Settings, note: Callable[[str], None] = lambda _: None
) -> str:
    """Make ``study.db`` again where it is gone and the trials' folders are not.

    The caller holds the run folder's lock. Superseded attempts are not in the folder: they stay
    lost, which nothing but the storage itself could show.

    Args:
        folder: The run folder.
        settings: The frozen study.
        note: Hears how far it is, where that takes more than a few seconds.

    Returns:
        What was done, in words; empty where there was nothing to do.

    Raises:
        UserError: a file of a trial is missing or damaged, or older than what this needs.
        WriteError: the database cannot be written.
    """
    database = folder / DATABASE
    if settings.storage or database.exists() or not has_trials(folder):
        return ""
    folders = _numbered_folders(folder)
    unfinished = folder / _UNFINISHED
    unfinished.unlink(missing_ok=True)
    storage = open_storage(f"sqlite:///{unfinished.as_posix()}", str(unfinished))
    with storage_errors(str(unfinished)):
        _fill(storage, settings, _told(map(_kept_trial, folders), len(folders), note))
        storage.engine.dispose()
    unfinished.replace(database)
    return f"{database} was gone: rebuilt from the files of {len(folders)} trials"


def _told(
    trials: Iterable[KeptTrial], total: int, note: Callable[[str], None]
) -> Iterator[KeptTrial]:
    """Pass trials on and tell now and then how many have passed."""
    last = monotonic()
    for done, trial in enumerate(trials):
        if monotonic() - last > _QUIET_SECONDS:
            note(f"{DATABASE} is gone: {done:,} of {total:,} trials rebuilt")
            last = monotonic()
        yield trial


def _numbered_folders(folder: Path) -> list[Path]:
    """Return the trials' folders by number."""
    found = {path.name: path for path in trial_folders(folder)}
    for path in (found.pop(name) for name in list(found) if not name.isdecimal()):
        raise UserError(f"{path}: has the record of trial {_kept_trial(path).record.trial}")
    missing = next((n for n in range(len(found)) if str(n) not in found), None)
    if missing is not None:
        raise UserError(
            f"{folder / 'trials' / str(missing) / TRIAL_FILE} is missing: without it "
            f"{DATABASE} cannot be rebuilt"
        )
    return [found[str(number)] for number in range(len(found))]


def _kept_trial(path: Path) -> KeptTrial:
    kept = read_trial(path)
    if path.name != str(kept.record.trial):
        raise UserError(f"{path}: has the record of trial {kept.record.trial}")
    if kept.sampler is None:
        raise UserError(
            f"{path / TRIAL_FILE}: an older version wrote it, without what the database "
            f"needs; put {DATABASE} back, or give the study another --name"
        )
    return kept


def _fill(storage: RDBStorage, settings: Settings, trials: Iterable[KeptTrial]) -> None:
    directions = [DIRECTIONS[name] for name in settings.objectives]
    study_id = storage.create_new_study(directions, settings.name)
    text = settings.model_dump_json(exclude_none=True)
    storage.set_study_user_attr(study_id, SETTINGS_KEY, text)
    name_objectives(storage, study_id, settings)
    marks: dict[str, Any] = {}

    def rows() -> Iterator[FrozenTrial]:
        for kept in trials:
            if kept.mark is not None:
                marks[f"{MARK_KEY}{kept.record.trial}"] = kept.mark.to_dict()
            yield _row(kept, settings)

    enter_trials(storage, study_id, rows())
    for key, mark in marks.items():
        storage.set_study_user_attr(study_id, key, mark)


def _row(kept: KeptTrial, settings: Settings) -> FrozenTrial:
    """Return Optuna's trial behind the last attempt at a trial."""
    record = kept.record
    state = OPTUNA_STATES.get(record.state, TrialState.FAIL)
    if record.state == "running":
        state = TrialState.RUNNING
    try:
        part = read_sampler_part(kept.sampler or {})
    except ValueError as error:
        raise UserError(f"trial {record.trial} in the run folder: {error}") from None
    return create_trial(
        state=state,
        values=objective_values(record, settings) if state == TrialState.COMPLETE else None,
        params=part.params,
        distributions=part.distributions,
        user_attrs={
            RECORD_KEY: without_curve(record),
            CURVE_KEY: list(record.curve),
            CLAIM_KEY: claim_of(record.trial, record.attempt),
        },
        system_attrs=part.notes,
    )


@contextmanager
def what_to_do(folder: Path, settings: Settings) -> Iterator[None]:
    """Say in errors how a database that is damaged, or was taken away, is had again."""
    try:
        yield
    except (UserError, WriteError) as error:
        advice = _advice(folder, settings, str(error))
        if not advice:
            raise
        kind = WriteError if isinstance(error, WriteError) else UserError
        raise kind(f"{error}; {advice}") from error


def _advice(folder: Path, settings: Settings, error: str) -> str:
    if settings.storage or not has_trials(folder):
        return ""
    again = f"`nasattn resume {settings.name}` rebuilds it from the run folder"
    database = folder / DATABASE
    if database.exists():
        return _advice_on_what_is_there(database, settings, error, again)
    if _GONE in error:
        return f"or leave it: {again}"
    return f"{database} is gone: {again}" if "storage" in error else ""


def _advice_on_what_is_there(database: Path, settings: Settings, error: str, again: str) -> str:
    if _MOVED in error and os.access(database, os.W_OK):
        again = f"`nasattn resume {settings.name}` goes on, or says what the new one lacks"
        return f"{database} was replaced under way: {again}"
    if any(word in error for word in _DAMAGED):
        return f"move {database} away: {again}"
    return ""

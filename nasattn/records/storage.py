"""The trials of a study out of Optuna's SQL storage, by one query of our own.

Optuna's ORM needs seconds for a thousand trials and its import alone half a second; the query
takes milliseconds. The tables are those of ``optuna.storages._rdb.models`` (Optuna 5). Where the
run folder's own database is gone, the trials are read from their folders.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from nasattn.errors import UserError
from nasattn.records.mark import MARK_KEY, Mark, marked, marks_of
from nasattn.records.rows import Row, read_rows
from nasattn.records.signs import RECORD_KEY, with_signs
from nasattn.records.study import Study
from nasattn.records.trial import Trial
from nasattn.records.trial_file import read_trial, so_far, trial_folders

CURVE_KEY = "nasattn:curve"

_OF_THE_STUDY = 0  # no trial of Optuna's has this number
_SELECT = f"""
SELECT {_OF_THE_STUDY}, a.key, a.value_json
FROM studies s
JOIN study_user_attributes a ON a.study_id = s.study_id
WHERE s.study_name = :study AND a.key LIKE :marks
UNION ALL
SELECT t.trial_id, a.key, a.value_json
FROM studies s
JOIN trials t ON t.study_id = s.study_id
JOIN trial_user_attributes a ON a.trial_id = t.trial_id
WHERE s.study_name = :study AND
"""  # noqa: S608 - made of constants alone
_ALL_CURVES = _SELECT + "a.key IN (:record, :curve)"
_RUNNING_CURVES = _SELECT + "(a.key = :record OR (a.key = :curve AND t.state = 'RUNNING'))"


def load_trials(study: Study, *, curves: bool) -> tuple[Trial, ...]:
    """Read the trials of ``study``, sorted by number, each as its last attempt left it.

    A running trial has the epochs, accuracy and seconds of its learning curve up to now; one that
    a person set aside is invalid.

    Args:
        study: Where to look.
        curves: Read the learning curves too, which are most of the data.

    Raises:
        UserError: the storage is not there or cannot be read, or a record in it is broken.
        FailedError: another process keeps the storage locked.
    """
    if curves:
        return _load(study, _ALL_CURVES)
    return tuple(replace(trial, curve=()) for trial in load_running(study))


def load_running(study: Study) -> tuple[Trial, ...]:
    """Read the trials of ``study`` as `load_trials` does, with the curves of the running ones.

    Raises:
        UserError: as there.
        FailedError: as there.
    """
    return _load(study, _RUNNING_CURVES)


def _load(study: Study, query: str) -> tuple[Trial, ...]:
    if study.has_lost_its_database:
        kept = (read_trial(folder) for folder in trial_folders(study.path))
        return tuple(sorted((trial.shown for trial in kept), key=lambda trial: trial.trial))
    keys = {"record": RECORD_KEY, "curve": CURVE_KEY, "marks": f"{MARK_KEY}%"}
    found = _by_owner(
        read_rows(study.storage, query, {"study": study.name_in_storage, **keys}), study.name
    )
    marks = _marks(found.pop(_OF_THE_STUDY, {}), study.name)
    latest: dict[int, Trial] = {}
    for trial in _attempts(found, study.name):
        known = latest.get(trial.trial)
        if known is None or trial.attempt > known.attempt:
            latest[trial.trial] = trial
    shown = [marked(latest[number], marks.get(number)) for number in sorted(latest)]
    return with_signs(study, shown)


def _by_owner(rows: Iterable[Row], study: str) -> dict[int, dict[str, Any]]:
    """Return the attributes of each of Optuna's trials, and of the study."""
    found: dict[int, dict[str, Any]] = {}
    for trial_id, key, text in rows:
        try:
            found.setdefault(trial_id, {})[key] = json.loads(text)
        except ValueError as error:
            raise _broken(study, trial_id, error) from None
    return found


def _marks(attributes: Mapping[str, Any], study: str) -> dict[int, Mark]:
    try:
        return marks_of(attributes)
    except ValueError as error:
        raise UserError(f'study "{study}": {error}') from None


def _attempts(found: Mapping[int, dict[str, Any]], study: str) -> Iterable[Trial]:
    """Yield one trial for each of Optuna's; those that have no record yet are left out."""
    # Of two rows of one attempt the first holds, as `Ledger` has it.
    for trial_id, values in sorted(found.items()):
        if RECORD_KEY in values:
            yield _trial(values, trial_id, study)


def _trial(values: dict[str, Any], trial_id: int, study: str) -> Trial:
    record, curve = values[RECORD_KEY], values.get(CURVE_KEY, [])
    if not isinstance(record, dict) or not isinstance(curve, list):
        raise _broken(study, trial_id, TypeError("it is not a JSON object with a list"))
    try:
        return so_far(Trial.from_dict(record | {"curve": curve}))
    except (ValueError, TypeError) as error:
        raise _broken(study, trial_id, error) from None


def _broken(study: str, trial_id: int, error: Exception) -> UserError:
    return UserError(
        f'study "{study}": the record of Optuna\'s trial {trial_id} is broken: {error}'
    )

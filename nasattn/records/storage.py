"""The trials of a study out of Optuna's SQL storage, by one query of our own.

Optuna's ORM needs seconds for a thousand trials and its import alone half a second; the query
takes milliseconds. The tables are those of ``optuna.storages._rdb.models`` (Optuna 5).
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from nasattn.errors import UserError
from nasattn.records.rows import Row, read_rows
from nasattn.records.signs import RECORD_KEY, with_signs
from nasattn.records.study import Study
from nasattn.records.trial import Trial

CURVE_KEY = "nasattn:curve"

_SELECT = """
SELECT t.trial_id, a.key, a.value_json
FROM studies s
JOIN trials t ON t.study_id = s.study_id
JOIN trial_user_attributes a ON a.trial_id = t.trial_id
WHERE s.study_name = :study AND
"""
_ALL_CURVES = _SELECT + "a.key IN (:record, :curve)"
_RUNNING_CURVES = _SELECT + "(a.key = :record OR (a.key = :curve AND t.state = 'RUNNING'))"


def load_trials(study: Study, *, curves: bool) -> tuple[Trial, ...]:
    """Read the trials of ``study``, sorted by number, each as its last attempt left it.

    A running trial has the epochs, accuracy and seconds of its learning curve up to now.

    Args:
        study: Where to look.
        curves: Read the learning curves too, which are most of the data.

    Raises:
        UserError: the storage is not there or cannot be read, or a record in it is broken.
        FailedError: another process keeps the storage locked.
    """
    query = _ALL_CURVES if curves else _RUNNING_CURVES
    values = {"study": study.name_in_storage, "record": RECORD_KEY, "curve": CURVE_KEY}
    latest: dict[int, Trial] = {}
    for trial in _attempts(read_rows(study.storage, query, values), study.name):
        known = latest.get(trial.trial)
        if known is None or trial.attempt > known.attempt:
            latest[trial.trial] = trial if curves else replace(trial, curve=())
    return with_signs(study, [latest[number] for number in sorted(latest)])


def _attempts(rows: Iterable[Row], study: str) -> Iterable[Trial]:
    """Yield one trial for each of Optuna's; those that have no record yet are left out."""
    found: dict[int, dict[str, Any]] = {}
    for trial_id, key, text in rows:
        try:
            found.setdefault(trial_id, {})[key] = json.loads(text)
        except ValueError as error:
            raise _broken(study, trial_id, error) from None
    # Of two rows of one attempt the first holds, as `Ledger` has it.
    for trial_id, values in sorted(found.items()):
        if RECORD_KEY in values:
            yield _trial(values, trial_id, study)


def _trial(values: dict[str, Any], trial_id: int, study: str) -> Trial:
    record, curve = values[RECORD_KEY], values.get(CURVE_KEY, [])
    if not isinstance(record, dict) or not isinstance(curve, list):
        raise _broken(study, trial_id, TypeError("it is not a JSON object with a list"))
    try:
        trial = Trial.from_dict(record | {"curve": curve})
    except (ValueError, TypeError) as error:
        raise _broken(study, trial_id, error) from None
    # The record of a running trial learns its figures only when it ends.
    return trial.with_curve(trial.curve) if trial.state == "running" and curve else trial


def _broken(study: str, trial_id: int, error: Exception) -> UserError:
    return UserError(
        f'study "{study}": the record of Optuna\'s trial {trial_id} is broken: {error}'
    )

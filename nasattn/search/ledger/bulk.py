"""Many trials entered into Optuna's tables in one transaction.

Optuna enters each by a transaction of its own and asks for every parameter what earlier trials
had: a thousand trials take minutes.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import sqlalchemy
from optuna.distributions import distribution_to_json
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial

from nasattn.search.ledger.tables import (
    PARAMS,
    SYSTEM_ATTRIBUTES,
    TRIALS,
    USER_ATTRIBUTES,
    VALUES,
    stored_value,
)

_AT_ONCE = 200

Row = Mapping[str, Any]


def enter_trials(storage: RDBStorage, study_id: int, trials: Iterable[FrozenTrial]) -> None:
    """Enter trials into a study that has none, numbered as they come; all of them or none.

    Nobody else may know of the storage yet: no row is locked. Dates are left out.

    Args:
        storage: The storage.
        study_id: The study's number in it.
        trials: Read as they are needed; what reading them raises leaves the study without any.
    """
    highest = sqlalchemy.select(sqlalchemy.func.max(TRIALS.c.trial_id))
    numbered = enumerate(trials)
    with storage.engine.begin() as connection:
        first = (connection.execute(highest).scalar() or 0) + 1
        while some := list(islice(numbered, _AT_ONCE)):
            rows = defaultdict[sqlalchemy.Table, list[Row]](list)
            for number, trial in some:
                for table, row in _rows(study_id, number, first + number, trial):
                    rows[table].append(row)
            for table, found in rows.items():
                connection.execute(sqlalchemy.insert(table), found)


def _rows(
    study_id: int, number: int, row: int, trial: FrozenTrial
) -> Iterator[tuple[sqlalchemy.Table, Row]]:
    """Yield all that is entered of one trial; ``row`` is its number in the whole storage."""
    of = {"trial_id": row}
    yield TRIALS, of | {"number": number, "study_id": study_id, "state": trial.state}
    for objective, value in enumerate(trial.values or ()):
        stored, kind = stored_value(value)
        yield VALUES, of | {"objective": objective, "value": stored, "value_type": kind}
    for name, value in trial.params.items():
        domain = trial.distributions[name]
        yield (
            PARAMS,
            of
            | {
                "param_name": name,
                "param_value": domain.to_internal_repr(value),
                "distribution_json": distribution_to_json(domain),
            },
        )
    for table, attributes in (
        (USER_ATTRIBUTES, trial.user_attrs),
        (SYSTEM_ATTRIBUTES, trial.system_attrs),
    ):
        for key, value in attributes.items():
            yield table, of | {"key": key, "value_json": json.dumps(value)}

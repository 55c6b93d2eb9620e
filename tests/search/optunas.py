"""Trials of Optuna's of every kind that its tables can hold."""

import math

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

DIRECTIONS = [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE]


def kinds_of_trials() -> list[FrozenTrial]:
    """Return trials in many states, with parameters of many kinds or none."""
    domains: dict[str, BaseDistribution] = {
        "a": CategoricalDistribution((None, 1, "x", True)),
        "b": FloatDistribution(1e-5, 1e-2, log=True),
        "c": IntDistribution(1, 9, step=2),
    }
    return [
        create_trial(state=TrialState.COMPLETE, values=[0.5, math.inf], user_attrs={"u": [1, "é"]}),
        create_trial(
            state=TrialState.RUNNING,
            params={"c": 5, "a": True, "b": 1e-3},
            distributions=domains,
            system_attrs={"s": {"t": None}},
        ),
        create_trial(state=TrialState.FAIL, params={"a": 1}, distributions={"a": domains["a"]}),
        create_trial(state=TrialState.COMPLETE, values=[-math.inf, 2.0]),
    ]


def kept(storage: RDBStorage, study: int) -> list[FrozenTrial]:
    """Return the trials of a study as Optuna reads them, without their dates."""
    found = storage.get_all_trials(study)
    for trial in found:
        trial.datetime_start = trial.datetime_complete = None
    return found

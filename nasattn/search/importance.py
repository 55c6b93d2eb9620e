"""Importances of parameters by PED-ANOVA.

Watanabe et al., "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary
Subspaces", IJCAI 2023; parameters that not every architecture has as in conditional PED-ANOVA.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState


class Measured(Protocol):
    """An architecture's parameters and the value that it reached."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Value by name, of those that it has."""
        ...

    @property
    def value(self) -> float:
        """The larger the better."""
        ...


class PedAnova:
    """Tells how important parameters are for being among the best.

    Args:
        samples: All architectures: their values make the categories.
        intervals: Low, high and log of the parameters that are numbers of an interval.
    """

    def __init__(
        self, samples: Iterable[Measured], intervals: Mapping[str, Mapping[str, Any]]
    ) -> None:
        values: dict[str, dict[Any, None]] = {}
        for sample in samples:
            for name, value in sample.parameters.items():
                values.setdefault(name, {})[value] = None
        self._distributions = {
            name: _distribution(list(found), intervals.get(name)) for name, found in values.items()
        }

    def __call__(self, samples: Sequence[Measured], quantile: float) -> dict[str, float]:
        """Return the importance of each parameter, of reaching the best ``quantile``."""
        study = _Listed([self._trial(*numbered) for numbered in enumerate(samples)])
        evaluator = PedAnovaImportanceEvaluator(target_quantile=quantile)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a condition is met by few is in the intervals
            return evaluator.evaluate(cast("Study", study))

    def _trial(self, number: int, sample: Measured) -> FrozenTrial:
        return FrozenTrial(
            number=number,
            trial_id=number,
            state=TrialState.COMPLETE,
            value=sample.value,
            params=dict(sample.parameters),
            distributions={name: self._distributions[name] for name in sample.parameters},
            intermediate_values={},
            user_attrs={},
            system_attrs={},
            datetime_start=None,
            datetime_complete=None,
        )


class _Listed:
    """The little of a study that the evaluator asks for; Optuna's own would copy each trial."""

    directions = (StudyDirection.MAXIMIZE,)

    def __init__(self, trials: list[FrozenTrial]) -> None:
        self._trials = trials

    def get_trials(self, **_: object) -> list[FrozenTrial]:
        return self._trials

    def _is_multi_objective(self) -> bool:
        return False


def _distribution(values: list[Any], interval: Mapping[str, Any] | None) -> BaseDistribution:
    if interval is not None and all(type(value) in (int, float) for value in values):
        low, high = float(interval["low"]), float(interval["high"])
        return FloatDistribution(low, high, log=bool(interval["log"]))
    return CategoricalDistribution(sorted(values, key=str))

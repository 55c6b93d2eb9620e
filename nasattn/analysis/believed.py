"""The front as it should be believed: architectures at the mean accuracy to be expected of them.

What was observed of the best is too high: of many trainings it is also the luckiest that seem
best. The model (`nasattn.surrogate`) draws every result towards what all the others say of its
placements. Imports numpy and scipy: only `pareto --posterior` needs it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nasattn.analysis.hypervolume import hypervolume, reference_point, scaled
from nasattn.analysis.pareto import Front, Result, front
from nasattn.errors import UserError
from nasattn.records import Study, Trial
from nasattn.surrogate.belief import FEWEST_RESULTS, MANY_ROWS, Belief, Fit, Observation
from nasattn.surrogate.content import Content
from nasattn.surrogate.encoding import Slot
from nasattn.surrogate.front import nondominated
from nasattn.surrogate.scale import Range, scaled_costs

# To each side of a mean: an interval of 95 %.
_SDS = 1.96

_OUT = {"failed", "invalid"}


class Believed(NamedTuple):
    """An architecture that was trained, as it was observed and as it should be believed.

    Attributes:
        result: Its complete trials, averaged.
        mean: The accuracy to be expected of it, over seeds.
        sd: The standard deviation of that mean.
        is_member: Whether no other architecture's mean dominates it.
        is_observed_member: Whether it is on the front of what was observed.
    """

    result: Result
    mean: float
    sd: float
    is_member: bool
    is_observed_member: bool

    @property
    def interval(self) -> tuple[float, float]:
        """The interval in which its mean accuracy lies with 95 %, as far as the model is right."""
        return interval(self.mean, self.sd)


def interval(mean: float, sd: float) -> tuple[float, float]:
    """Return where a mean accuracy lies with 95 %."""
    return max(mean - _SDS * sd, 0.0), min(mean + _SDS * sd, 1.0)


class BelievedFront(NamedTuple):
    """A study's front by the model's means.

    Attributes:
        observed: The front of what was observed.
        architectures: All that are complete.
        hypervolume: Of the members at their means; None where a cost range is not known.
        fit: How the model was fitted.
    """

    observed: Front
    architectures: tuple[Believed, ...]
    hypervolume: float | None
    fit: Fit

    @property
    def members(self) -> tuple[Believed, ...]:
        """Those that no other's mean dominates, by the first cost."""
        return _sorted([b for b in self.architectures if b.is_member], self.observed)

    @property
    def listed(self) -> tuple[Believed, ...]:
        """The members, the baseline, and what only seemed to be on the front, by the first cost."""
        listed = [
            b
            for b in self.architectures
            if b.is_member or b.is_observed_member or b.result == self.observed.baseline
        ]
        return _sorted(listed, self.observed)


def believed_front(study: Study, trials: Sequence[Trial]) -> BelievedFront:
    """Return the front of a study as it should be believed.

    Args:
        study: Whose.
        trials: All of it, with their learning curves.

    Raises:
        UserError: too few are complete.
    """
    observed = front(trials, study.objectives, study.cost_range)
    costs = tuple(name for name in study.objectives if name != "accuracy")
    epochs = study.epochs or 0
    known = [trial for trial in trials if _tells(trial, costs)]
    if (complete := sum(len(trial.curve) >= epochs for trial in known)) < FEWEST_RESULTS:
        raise UserError(
            f"--posterior: needs {FEWEST_RESULTS} complete trials to learn from, study "
            f'"{study.name}" has {complete}'
        )
    ranges = [_range(name, known, observed) for name in costs]
    sites = _Sites(known)
    scale = [_scaled(trial, costs, ranges) for trial in known]
    belief = Belief(
        sites.slots,
        [
            Observation(trial.trial, sites.contents(trial), row, _accuracies(trial))
            for trial, row in zip(known, scale, strict=True)
        ],
        epochs,
        MANY_ROWS,
    )
    results = [result for result in observed.results if _tells(result.trial, costs)]
    rows = [_scaled(result.trial, costs, ranges) for result in results]
    at = np.array(rows).reshape(len(rows), len(costs))
    mean, sd = belief.predict(belief.points([sites.contents(r.trial) for r in results], at))
    best = nondominated(mean, at)
    found = tuple(
        Believed(result, float(m), float(s), bool(b), result in observed.members)
        for result, m, s, b in zip(results, mean, sd, best, strict=True)
    )
    return BelievedFront(observed, found, _hypervolume(found, observed), belief.fit)


class _Sites:
    """The sites at which any trial has something; those that always hold the same are one slot."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        columns: dict[tuple[str, tuple[Content, ...]], list[tuple[str, str]]] = {}
        held = [_placed(trial) for trial in trials]
        for site in sorted({site for placed in held for site in placed}):
            column = tuple(placed.get(site) for placed in held)
            columns.setdefault((site[0], column), []).append(site)
        self._first = [sites[0] for sites in columns.values()]
        self.slots = tuple(Slot(kind, len(sites)) for (kind, _), sites in columns.items())

    def contents(self, trial: Trial) -> tuple[Content, ...]:
        """Return what stands at each slot."""
        placed = _placed(trial)
        return tuple(placed.get(site) for site in self._first)


def _placed(trial: Trial) -> dict[tuple[str, str], Content]:
    return {
        (p["slot"], p["at"]): (p["module"], tuple(sorted(p["options"].items())))
        for p in trial.placements
    }


def _tells(trial: Trial, costs: Sequence[str]) -> bool:
    """Tell whether there is something to learn from a trial: a curve of the recipe's schedule."""
    if trial.state in _OUT or trial.extended_to is not None or not trial.curve:
        return False
    return all(getattr(trial, name) is not None for name in costs)


def _accuracies(trial: Trial) -> list[float]:
    return [epoch["accuracy"] for epoch in trial.curve if epoch.get("accuracy") is not None]


def _range(name: str, trials: Sequence[Trial], observed: Front) -> Range:
    values = [float(getattr(trial, name)) for trial in trials]
    return observed.cost_range.get(name, (min(values), max(values)))


def _scaled(trial: Trial, costs: Sequence[str], ranges: Sequence[Range]) -> tuple[float, ...]:
    (row,) = scaled_costs([[float(getattr(trial, name)) for name in costs]], ranges).tolist()
    return tuple(row)


def _sorted(found: Sequence[Believed], observed: Front) -> tuple[Believed, ...]:
    costs = [name for name in observed.objectives if name != "accuracy"]
    return tuple(
        sorted(found, key=lambda b: (*(getattr(b.result.trial, c) for c in costs), -b.mean))
    )


def _hypervolume(found: Sequence[Believed], observed: Front) -> float | None:
    if observed.hypervolume is None:
        return None
    points = [
        scaled(
            {
                name: b.mean if name == "accuracy" else getattr(b.result.trial, name)
                for name in observed.objectives
            },
            observed.cost_range,
        )
        for b in found
        if b.is_member
    ]
    return hypervolume(points, reference_point(observed.objectives))

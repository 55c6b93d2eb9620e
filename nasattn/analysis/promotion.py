"""Which paused or pruned trials are worth their remaining epochs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from nasattn.analysis.dominance import Point
from nasattn.analysis.forecast import LEAST_PAIRS, Forecast, forecast
from nasattn.analysis.hypervolume import hypervolume, reference_point, scaled
from nasattn.analysis.pareto import CostRange, front
from nasattn.errors import UserError
from nasattn.records import Trial

_HALTED = ("paused", "pruned")


class Candidate(NamedTuple):
    """A trial that could go on.

    Attributes:
        trial: As it was left.
        forecast: Of its accuracy at the end.
        gain: By how much it is expected to make the front's hypervolume larger.
        remaining: Epochs that it lacks, at least 1.
    """

    trial: Trial
    forecast: Forecast
    gain: float
    remaining: int

    @property
    def gain_per_epoch(self) -> float:
        """Return what one more epoch buys."""
        return self.gain / self.remaining


def promising(
    trials: Sequence[Trial], objectives: Sequence[str], epochs: int, cost_range: CostRange
) -> tuple[Candidate, ...]:
    """Return the paused and pruned trials, those with the largest gain per epoch first.

    Each is weighed alone against the front as it is, at its exact costs and with an accuracy that
    ``forecast`` tells from the complete trials.

    Args:
        trials: All of the study, with their learning curves.
        objectives: The study's.
        epochs: Of the recipe.
        cost_range: Least and largest cost of the search space by name; of a cost that it lacks,
            those of the trials.

    Raises:
        UserError: too few trials are complete, or none is paused or pruned.
    """
    complete = [trial for trial in trials if trial.is_result]
    halted = [t for t in trials if t.state in _HALTED and t.extended_to is None]
    if not halted:
        raise UserError("--best: no trial of the study is paused or pruned")
    if len(complete) < LEAST_PAIRS:
        raise UserError(
            f"--best: needs {LEAST_PAIRS} complete trials to judge the others by, the study has "
            f"{len(complete)}; --trial N names one"
        )
    best = front(trials, objectives, cost_range)
    costs = [name for name in objectives if name != "accuracy"]
    ranges = {**_ranges(trials, costs), **best.cost_range}
    members = [_objectives(member.trial, objectives) for member in best.members]
    found = []
    for trial in halted:
        if all(getattr(trial, name) is not None for name in costs):
            expected = _expected(trial, complete)
            gain = expected_gain(members, _objectives(trial, objectives), expected, ranges)
            remaining = max(epochs - len(trial.curve), 1)
            found.append(Candidate(trial, expected, gain, remaining))
    return tuple(sorted(found, key=lambda c: (-c.gain_per_epoch, c.trial.trial)))


def expected_gain(
    members: Iterable[Mapping[str, float]],
    candidate: Mapping[str, float],
    accuracy: Forecast,
    cost_range: CostRange,
) -> float:
    """Return the expectation of the hypervolume that a point adds to a front.

    As a function of the point's accuracy the gain is a broken line with its corners at the
    members' accuracies, so that its expectation under a normal distribution is a sum; accuracies
    are bounded by 0 and 1.

    Args:
        members: Objectives by name.
        candidate: The same; its accuracy is not looked at.
        accuracy: What is known of it instead.
        cost_range: Least and largest of each cost.
    """
    members = list(members)
    points = [scaled(member, cost_range) for member in members]
    reference = reference_point(candidate)
    corners = sorted({0.0, 1.0, *(member["accuracy"] for member in members)})
    without = hypervolume(points, reference)

    def gain(reached: float) -> float:
        point: Point = scaled({**candidate, "accuracy": reached}, cost_range)
        return hypervolume([*points, point], reference) - without

    gains = [(corner, gain(corner), accuracy.excess(corner)) for corner in corners]
    return math.fsum(
        (right - left) / (high - low) * (above_low - above_high)
        for (low, left, above_low), (high, right, above_high) in pairwise(gains)
    )


def _expected(trial: Trial, complete: Iterable[Trial]) -> Forecast:
    """Forecast a trial's accuracy from the trials that have a point at its last epoch."""
    epoch = len(trial.curve)
    pairs = [(_at(other, epoch), other.accuracy or 0.0) for other in complete]
    return forecast(pairs, _at(trial, epoch))


def _at(trial: Trial, epoch: int) -> float:
    """Return a trial's accuracy at an epoch: 0 before the first, when nothing tells them apart."""
    if epoch == 0 or not trial.curve:
        return 0.0
    return float(trial.curve[min(epoch, len(trial.curve)) - 1]["accuracy"])


def _objectives(trial: Trial, names: Iterable[str]) -> dict[str, float]:
    return {name: getattr(trial, name) or 0.0 for name in names}


def _ranges(trials: Iterable[Trial], costs: Iterable[str]) -> dict[str, tuple[float, float]]:
    trials = list(trials)
    found = {name: [v for t in trials if (v := getattr(t, name)) is not None] for name in costs}
    return {name: (min(values), max(values)) for name, values in found.items() if values}

"""How much of a table's true front a search has found."""

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from statistics import quantiles
from typing import NamedTuple

from nasattn.analysis.dominance import Point, dominates, nondominated
from nasattn.analysis.hypervolume import REFERENCE_COST, hypervolume, log_scaled
from nasattn.records.replay import Ended, Replay
from nasattn.records.table import Table

_FENCE = 2.0


class Step(NamedTuple):
    """From so many epochs on a search has found so much."""

    spent: int
    share: float


class Yardstick:
    """The normalised hypervolume of architectures of a table, by what they truly reach.

    True is an architecture's mean final accuracy over all of its repeats. Accuracies a become
    (high - a) / (high - low), where high and low are the largest and least of these means, the
    latter not below the first quartile less twice the interquartile range: one training that went
    astray must not make all others look equal. Costs become the same by their logarithms, so that
    their unit changes nothing. The reference is 1.05 in every coordinate, and the unit is the
    hypervolume of the table's own front of means: a search that has found all of it has 1.

    A search is measured by the true means of the architectures on its *observed* front, that of
    the accuracies which it saw, as its user would take them from it: trials that were lucky and
    hide better ones lower it (the winner's curse), and it may fall.

    Args:
        table: What was trained.

    Attributes:
        front: Digests of the table's true front.
    """

    def __init__(self, table: Table) -> None:
        groups, objectives = table.by_digest(), table.study.objectives
        costs = [name for name in objectives if name != "accuracy"]
        self._costs: dict[str, Point] = {
            digest: tuple(_mean(getattr(trial, cost) for trial in trials) for cost in costs)
            for digest, trials in groups.items()
        }
        means = {d: _mean(trial.accuracy or 0.0 for trial in ts) for d, ts in groups.items()}
        self._range = _fenced(sorted(means.values()))
        self._scaled_costs = _scaled(self._costs)
        self._points = {digest: self._point(digest, mean) for digest, mean in means.items()}
        self._reference = (REFERENCE_COST,) * len(objectives)
        true = {digest: (-means[digest], *self._costs[digest]) for digest in groups}
        best = set(nondominated(true.values()))
        self.front = frozenset(digest for digest, point in true.items() if point in best)

    @cached_property
    def _unit(self) -> float:
        return hypervolume((self._points[digest] for digest in self.front), self._reference)

    def share(self, digests: Iterable[str]) -> float:
        """Return the hypervolume of architectures, as a share of the true front's."""
        points = [self._points[digest] for digest in digests]
        return hypervolume(points, self._reference) / self._unit

    def claimed(self, accuracies: Mapping[str, float]) -> float:
        """Return the share that architectures would have if they reached these accuracies.

        Args:
            accuracies: By digest. Beyond what any reaches in truth they count as they are.
        """
        points = [self._point(digest, accuracy) for digest, accuracy in accuracies.items()]
        return hypervolume(points, self._reference) / self._unit

    def steps(self, replay: Replay) -> Iterator[Step]:
        """Yield what a search has found, each time that its observed front changes."""
        seen: dict[str, Point] = {}
        for ended in replay.ended:
            if self._enter(seen, ended):
                yield Step(ended.spent, self.share(seen))

    def _point(self, digest: str, accuracy: float) -> Point:
        low, high = self._range
        behind = (high - accuracy) / (high - low) if high > low else 0.0
        return (behind, *self._scaled_costs[digest])

    def _enter(self, front: dict[str, Point], ended: Ended) -> bool:
        """Take a trial into an observed front; False where it is not on it."""
        point = (-ended.accuracy, *self._costs[ended.digest])
        if any(dominates(other, point) for other in front.values()):
            return False
        for digest in [d for d, other in front.items() if dominates(point, other)]:
            del front[digest]
        front[ended.digest] = point
        return True


def _scaled(costs: Mapping[str, Point]) -> dict[str, Point]:
    ranges = [(min(column), max(column)) for column in zip(*costs.values(), strict=True)]
    return {
        digest: tuple(log_scaled(c, *ends) for c, ends in zip(point, ranges, strict=True))
        for digest, point in costs.items()
    }


def _fenced(rising: list[float]) -> tuple[float, float]:
    """Return the least and the largest value, the least not below the fence."""
    if len(rising) < 2:
        return rising[0], rising[-1]
    first, _, third = quantiles(rising, n=4, method="inclusive")
    return max(rising[0], first - _FENCE * (third - first)), rising[-1]


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return math.fsum(known) / len(known)

"""Sums of what decisions add to the costs, equal ones joined."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from nasattn.cost import CostModel, Totals
from nasattn.space.costs import COSTS, price
from nasattn.space.decision import Decision, Outcome
from nasattn.space.domains import Interval

Counts = NDArray[np.int64]
Weights = NDArray[np.float64]

# Halves of more sums, or made of more pairs, would take longer than a second.
_MOST_SUMS = 2**17
_MOST_PAIRS = 2**21


class Sums(NamedTuple):
    """Distinct sums with the number of architectures behind each.

    Attributes:
        values: (n, costs).
        weights: (n,).
    """

    values: Counts
    weights: Weights

    def plus(self, other: Self) -> Self:
        """Return the sums of pairs, equal ones joined."""
        values = (self.values[:, None] + other.values[None]).reshape(-1, self.values.shape[1])
        weights = (self.weights[:, None] * other.weights[None]).reshape(-1)
        return self._replace(values=values, weights=weights).joined()

    def joined(self) -> Self:
        """Return the distinct sums, in lexicographic order."""
        order = np.lexsort(self.values.T[::-1])
        values, weights = self.values[order], self.weights[order]
        first = np.ones(len(values), bool)
        first[1:] = (values[1:] != values[:-1]).any(1)
        starts = np.flatnonzero(first)
        return self._replace(values=values[starts], weights=np.add.reduceat(weights, starts))

    def of(self, axis: int) -> Self:
        """Return the sums of one cost."""
        return self._replace(values=self.values[:, axis : axis + 1]).joined()


NOTHING = Sums(np.zeros((1, len(COSTS)), np.int64), np.ones(1))
"""One architecture to which nothing is added."""


def drawn(parts: Sequence[Sums], number: int) -> Sums:
    """Return the sums of architectures drawn at random, the same ones each time."""
    chance = np.random.default_rng(0)
    values = np.zeros((number, len(COSTS)), np.int64)
    for part in parts:
        share = part.weights / part.weights.sum()
        values += part.values[chance.choice(len(share), number, p=share)]
    return Sums(values, np.ones(number))


def halves(parts: Sequence[Sums]) -> tuple[Sums, Sums] | None:
    """Fold the decisions into two halves; None where one would have too many sums."""
    # Decisions of equal outcomes stand together and fall to one half: their sums coincide most.
    waiting = sorted(parts, key=lambda part: (len(part.values), part.values.tobytes()))
    ends = [NOTHING, NOTHING]
    while waiting:
        shorter = 0 if len(ends[0].values) <= len(ends[1].values) else 1
        part = waiting.pop(-shorter)  # the one from the front, the other from the back
        if len(ends[shorter].values) * len(part.values) > _MOST_PAIRS:
            return None
        ends[shorter] = ends[shorter].plus(part)
        if len(ends[shorter].values) > _MOST_SUMS:
            return None
    return ends[0], ends[1]


def sums_of(decision: Decision, model: CostModel) -> Sums:
    """Return what a decision's outcomes add; those of one interval count as one together."""
    return Sums(*_weighed(decision, model)).joined()


def cost_variances(decision: Decision, model: CostModel) -> dict[str, float]:
    """Return the variance of what a decision adds to each cost, its outcomes weighed likewise.

    Costs add up over decisions and the outcomes of one do not depend on another's, so the
    variance of a cost over a space without a budget is the sum of its decisions' own.
    """
    values, weights = _weighed(decision, model)
    share = (weights / weights.sum())[:, None]
    variances = (share * (values - (share * values).sum(0)) ** 2).sum(0)
    return dict(zip(COSTS, map(float, variances), strict=True))


def _weighed(decision: Decision, model: CostModel) -> tuple[Counts, Weights]:
    """Return what each outcome adds, and how many architectures it counts for."""
    priced = price(decision, model)
    names = [_without_intervals(outcome) for outcome, _ in priced]
    weights = np.array([1.0 / names.count(name) for name in names])
    return np.array([row(totals) for _, totals in priced]), weights


def _without_intervals(outcome: Outcome) -> tuple[object, ...]:
    domains = dict(outcome.option.hyperparameters)
    kept = [item for item in outcome.values if not isinstance(domains[item[0]], Interval)]
    return outcome.option.word, *kept


def row(totals: Totals) -> Counts:
    """Return the costs that are summed."""
    return np.array([getattr(totals, cost) for cost in COSTS], np.int64)

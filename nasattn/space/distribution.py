"""How the costs of a space's architectures are distributed, without going through them.

Costs add up over decisions, so the distribution of a cost is the convolution of the decisions'
own. The decisions are folded into two halves of few distinct sums; that an architecture costs at
most x is then counted over pairs of sums, one of each half.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from nasattn.cost import CostModel
from nasattn.space.costs import COSTS
from nasattn.space.space import Space
from nasattn.space.sums import NOTHING, Sums, Weights, drawn, halves, row, sums_of

NUM_DRAWN = 10_000
"""Architectures that are drawn where the distribution is not computed."""


class Distribution:
    """The costs of all architectures of a space, each counted once; an interval is one value.

    Args:
        space: The space.
        model: The cost model of its backbone.

    Attributes:
        drawn: How many architectures were drawn at random; None where all are counted.
    """

    def __init__(self, space: Space, model: CostModel) -> None:
        parts = [sums_of(decision, model) for decision in space.decisions]
        folded = halves(parts)
        self.drawn = None if folded else NUM_DRAWN
        first, second = folded or (drawn(parts, NUM_DRAWN), NOTHING)
        first = first.plus(Sums(row(model.base)[None], np.ones(1)))
        self._halves = _smaller_first(first, second)
        self._by_cost = {
            cost: _searchable(first.of(axis), second.of(axis)) for axis, cost in enumerate(COSTS)
        }
        self._total = float(first.weights.sum() * second.weights.sum())

    def share(self, cost: str, bound: int) -> float:
        """Return the share of architectures whose ``cost`` is at most ``bound``."""
        first, second, before = self._by_cost[cost]
        found = np.searchsorted(second.values[:, 0], bound - first.values[:, 0], side="right")
        return float(first.weights @ before[found]) / self._total

    def share_within(self, bounds: Mapping[str, int]) -> float:
        """Return the share of architectures that keep to all ``bounds``."""
        if len(bounds) < len(COSTS):
            return min((self.share(cost, bound) for cost, bound in bounds.items()), default=1.0)
        return _both_within(*self._halves, *(bounds[cost] for cost in COSTS)) / self._total

    def median(self, cost: str) -> int:
        """Return the least cost that half of the architectures do not exceed."""
        first, second, _ = self._by_cost[cost]
        low, high = (int(first.values[end, 0] + second.values[end, 0]) for end in (0, -1))
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.share(cost, middle) >= 0.5 else (middle + 1, high)
        return low

    def histogram(self, cost: str, edges: Sequence[int]) -> list[float]:
        """Return the shares between neighbouring ``edges``; both ends of the first belong to it."""
        below = [self.share(cost, edges[0] - 1), *(self.share(cost, edge) for edge in edges[1:])]
        return [float(share) for share in np.diff(below)]


def _smaller_first(first: Sums, second: Sums) -> tuple[Sums, Sums]:
    """Return two halves, the one that is gone through before the one that is searched."""
    return (first, second) if len(first.values) <= len(second.values) else (second, first)


def _searchable(first: Sums, second: Sums) -> tuple[Sums, Sums, Weights]:
    """Return two halves of one cost, and what lies before each place of the second."""
    first, second = _smaller_first(first, second)
    return first, second, _before(second.weights)


def _both_within(first: Sums, second: Sums, params: int, flops: int) -> float:
    """Return how many pairs keep to both bounds.

    The second half comes ordered by its params, so that what keeps to that bound is a beginning
    of it. Each beginning is made of blocks of 1, 2, 4, … sums, which are searched by flops.
    """
    count = len(second.values)
    order = np.argsort(second.values[:, 1], kind="stable")
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    left = np.array([params, flops]) - first.values
    beginning = np.searchsorted(second.values[:, 0], left[:, 0], side="right")
    least_over = np.searchsorted(second.values[order, 1], left[:, 1], side="right")
    found = 0.0
    for level in range(count.bit_length()):
        asks = np.flatnonzero(beginning >> level & 1)
        block = (beginning[asks] >> level) - 1
        place = (np.arange(count) >> level) * count + rank
        order = np.argsort(place)
        before = _before(second.weights[order])
        ends = np.searchsorted(place[order], block * count + least_over[asks])
        found += float(first.weights[asks] @ (before[ends] - before[block << level]))
    return found


def _before(weights: Weights) -> Weights:
    """Return the sum of what lies before each place, and of all."""
    return np.concatenate([[0.0], np.cumsum(weights)])

"""An epoch at which trials are compared, and how they stand there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from nasattn.search.pruners.fronts import Floats, Indices, Order, fronts, unit_scaled
from nasattn.search.pruners.race import Contender, Point, Race


class Group(NamedTuple):
    """One front of a rung.

    Attributes:
        is_first: Whether none dominates its members.
        rows: Its members, by their place among the rung's points.
        allowed: How many of them are let through.
    """

    is_first: bool
    rows: Indices
    allowed: int


@dataclass(frozen=True, slots=True)
class Rung:
    """How the trials stand after an epoch.

    Attributes:
        epoch: The epoch.
        points: What they are compared by, each once, sorted.
    """

    epoch: int
    points: tuple[Point, ...]

    @classmethod
    def of(cls, race: Race, epoch: int) -> "Rung":
        """Return the rung of an epoch, with all that have reached it."""
        return cls(epoch, tuple(sorted({c.at(epoch) for c in race.reached(epoch)})))

    def groups(self, quota: Callable[[int], int]) -> Iterator[Group]:
        """Yield the fronts, the best first, as far as anyone of them is let through.

        Args:
            quota: How many of those behind the first front are let through, by their number.
                Of the first all are.
        """
        first, *others = _sorted(self.points).fronts
        yield Group(True, first, len(first))  # noqa: FBT003 - a field
        left = quota(len(self.points) - len(first))
        for rows in others:
            allowed = min(left, len(rows))
            if not allowed:
                return
            left -= allowed
            yield Group(False, rows, allowed)  # noqa: FBT003 - a field

    def let_through(self, group: Group, order: Order) -> list[Point]:
        """Return the members of a front that are let through, the best first.

        Args:
            group: The front.
            order: Of its members, by their points in [0, 1].
        """
        rows = group.rows[order(_sorted(self.points).scaled[group.rows])]
        return [self.points[row] for row in rows[: group.allowed]]


class _Sorted(NamedTuple):
    scaled: Floats
    fronts: tuple[Indices, ...]


# The rungs below the highest one that a trial has reached do not change from epoch to epoch.
@lru_cache(maxsize=16)
def _sorted(points: tuple[Point, ...]) -> _Sorted:
    values = np.array(points)
    return _Sorted(unit_scaled(values), tuple(fronts(values)))


def dominator(asked: Contender, race: Race, epoch: int) -> Contender | None:
    """Return the most accurate of those that dominate a trial at an epoch, if any does."""
    point = asked.at(epoch)
    found = [
        c
        for c in race.reached(epoch)
        if c.at(epoch) != point and c.is_no_dearer(asked) and c.at(epoch)[0] <= point[0]
    ]
    return min(found, key=lambda c: (c.at(epoch), c.trial), default=None)

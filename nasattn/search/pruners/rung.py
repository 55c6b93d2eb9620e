"""An epoch at which trials are compared, and how they stand there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from nasattn.search.pruners.fronts import Floats, Indices, Order, fronts, unit_scaled
from nasattn.search.pruners.race import Point, Race


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
        quota: How many of so many behind the first front are let through; of that, all are.
    """

    epoch: int
    points: tuple[Point, ...]
    quota: Callable[[int], int]

    @classmethod
    def of(cls, race: Race, epoch: int, quota: Callable[[int], int]) -> "Rung":
        """Return the rung of an epoch, with all that have reached it."""
        return cls(epoch, tuple(sorted(race.points(epoch))), quota)

    def groups(self) -> Iterator[Group]:
        """Yield the fronts, the best first, as far as anyone of them is let through."""
        first, *others = self._sorted().fronts
        yield Group(True, first, len(first))  # noqa: FBT003 - a field
        left = self.quota(len(self.points) - len(first))
        for rows in others:
            allowed = min(left, len(rows))
            if not allowed:
                return
            left -= allowed
            yield Group(False, rows, allowed)  # noqa: FBT003 - a field

    def let_through(self, group: Group, order: Order) -> Iterator[Point]:
        """Yield the members of a front that are let through, the best first.

        Args:
            group: The front.
            order: Of its members, by their points in [0, 1].
        """
        places = order(self._sorted().scaled[group.rows])
        return (self.points[group.rows[place]] for place in islice(places, group.allowed))

    def _sorted(self) -> "Sorted":
        return sorted_points(self.points, self.quota(len(self.points)))


class Sorted(NamedTuple):
    """What follows from a rung's points: the same from 0 to 1, and the best fronts."""

    scaled: Floats
    fronts: tuple[Indices, ...]


# The rungs below the highest one that a trial has reached do not change from epoch to epoch.
@lru_cache(maxsize=16)
def sorted_points(points: tuple[Point, ...], most: int) -> Sorted:
    """Sort points into fronts, once for each rung as it stands.

    Args:
        points: Distinct and sorted.
        most: So many behind the first front are wanted, in whole fronts.
    """
    flat = np.fromiter(chain.from_iterable(points), dtype=np.float64)
    values, left = flat.reshape(len(points), -1), most
    found: list[Indices] = []
    for front in fronts(values):
        left -= len(front) if found else 0
        found.append(front)
        if left <= 0:
            break
    return Sorted(unit_scaled(values), tuple(found))

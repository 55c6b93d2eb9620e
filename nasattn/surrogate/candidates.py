"""Architectures worth a thought: random ones, mutants of good ones, and uphill from the best."""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Protocol, TypeVar

import numpy as np

from nasattn.surrogate.arrays import Array

T = TypeVar("T")

_NUM_RANDOM, _NUM_MUTANTS = 100, 200
_MOST_CHANGES, _CHANGE_AGAIN = 3, 0.4
_ROUNDS, _NUM_BEST, _NUM_NEIGHBOURS = 4, 10, 20


class Neighbourhood(Protocol[T]):
    """What can be chosen from."""

    def draw(self, chance: Random) -> T:
        """Return any architecture."""
        ...

    def mutate(self, one: T, chance: Random) -> T:
        """Return an architecture that differs from ``one`` in one decision."""
        ...

    def may_be(self, one: T) -> bool:
        """Tell whether it is within the budget and not known yet."""
        ...

    def few(self) -> Sequence[T] | None:
        """Return all that there is where that is little; None where not."""
        ...


def pool(near: Neighbourhood[T], parents: Sequence[T], chance: Random) -> list[T]:
    """Return distinct candidates: 100 random ones and 200 mutants of ``parents``, one or more."""
    found = [near.draw(chance) for _ in range(_NUM_RANDOM)]
    starts = (parents[chance.randrange(len(parents))] for _ in range(_NUM_MUTANTS))
    found += [_changed(near, start, chance) for start in starts]
    return allowed(near, found)


def climbed(
    near: Neighbourhood[T],
    start: Sequence[T],
    worth: Callable[[Sequence[T]], Array],
    chance: Random,
) -> tuple[list[T], Array]:
    """Go uphill from the best candidates, four rounds of mutants of the ten best.

    Args:
        near: Their neighbourhood.
        start: Candidates, at least one.
        worth: What candidates are worth, one number each.
        chance: What is drawn from.

    Returns:
        All candidates that were looked at, and what they are worth.
    """
    found, values = list(start), list(worth(start))
    for _ in range(_ROUNDS):
        best = sorted(range(len(found)), key=values.__getitem__, reverse=True)[:_NUM_BEST]
        mutants = (
            near.mutate(found[place], chance) for place in best for _ in range(_NUM_NEIGHBOURS)
        )
        new = allowed(near, mutants, found)
        if not new:
            break
        found += new
        values += list(worth(new))
    return found, np.array(values)


def _changed(near: Neighbourhood[T], one: T, chance: Random) -> T:
    one = near.mutate(one, chance)
    for _ in range(_MOST_CHANGES - 1):
        if chance.random() < _CHANGE_AGAIN:
            one = near.mutate(one, chance)
    return one


def allowed(near: Neighbourhood[T], found: Iterable[T], known: Iterable[T] = ()) -> list[T]:
    """Return those that may be, each once, in their order."""
    before = set(known)
    return [one for one in dict.fromkeys(found) if one not in before and near.may_be(one)]

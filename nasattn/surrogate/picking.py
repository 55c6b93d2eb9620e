"""Which candidate is trained next."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from nasattn.surrogate.arrays import Array, Generator
from nasattn.surrogate.belief import Belief
from nasattn.surrogate.candidates import Neighbourhood, climbed, pool
from nasattn.surrogate.front import Front
from nasattn.surrogate.improvement import expected_improvement
from nasattn.surrogate.kernel import Points

T = TypeVar("T")

# Of the box between the reference and the front: less is rounding.
_NOTHING = 1e-12


class Known(NamedTuple):
    """What candidates are compared with.

    Attributes:
        belief: The model.
        front: Of the accuracies that are believed in.
        reference: The accuracy below which nothing counts.
    """

    belief: Belief
    front: Front
    reference: float


def pick(
    near: Neighbourhood[T],
    points: Callable[[Sequence[T]], Points],
    known: Known,
    parents: Sequence[T],
    chance: Generator,
) -> T | None:
    """Return the candidate of largest expected hypervolume improvement; None where there is none.

    Where none promises an improvement it is the one whose accuracy may be the highest.

    Args:
        near: What can be chosen from.
        points: Turns candidates into what the model takes.
        known: What they are compared with.
        parents: The front's members, whose mutants are among the candidates.
        chance: What is drawn from.
    """
    start = pool(near, parents, chance)
    if not start:
        return None

    def worth(candidates: Sequence[T]) -> Array:
        return gains(points(candidates), known)

    found, values = climbed(near, start, worth, chance)
    if values.max() > _NOTHING:
        return found[int(values.argmax())]
    mean, sd = known.belief.predict(points(found))
    return found[int(np.argmax(mean + sd))]


def gains(points: Points, known: Known) -> Array:
    """Return the expected hypervolume improvement of each of N architectures, (N,)."""
    mean, sd = known.belief.predict(points)
    return expected_improvement(mean, sd, points.costs, known.front, known.reference)

"""Which candidate is trained next."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from nasattn.surrogate.arrays import Array
from nasattn.surrogate.belief import Belief
from nasattn.surrogate.candidates import Neighbourhood, allowed, climbed, pool
from nasattn.surrogate.front import Front
from nasattn.surrogate.improvement import NOTHING, expected_improvement
from nasattn.surrogate.kernel import Points

T = TypeVar("T")
Judged_contra = TypeVar("Judged_contra", contravariant=True)


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


class Judge(Protocol[Judged_contra]):
    """What candidates are judged by."""

    known: Known

    def points(self, candidates: Sequence[Judged_contra]) -> Points:
        """Return candidates as the model takes them."""
        ...

    def gains(self, candidates: Sequence[Judged_contra]) -> Array:
        """Return the expected hypervolume improvement of each, (N,)."""
        ...


def pick(near: Neighbourhood[T], judge: Judge[T], parents: Sequence[T], chance: Random) -> T | None:
    """Return the candidate of largest expected hypervolume improvement; None where there is none.

    Where there are few architectures all are candidates. Where none promises an improvement it is
    the one whose accuracy may be the highest.

    Args:
        near: What can be chosen from.
        judge: Knows the model and the front.
        parents: The front's members, whose mutants are among the candidates.
        chance: What is drawn from.
    """
    everything = near.few()
    found = pool(near, parents, chance) if everything is None else allowed(near, everything)
    if not found:
        return None
    if everything is None:
        found, values = climbed(near, found, judge.gains, chance)
    else:
        values = judge.gains(found)
    if values.max() > NOTHING:
        return found[int(values.argmax())]
    mean, sd = judge.known.belief.predict(judge.points(found))
    return found[int(np.argmax(mean + sd))]


def gains(points: Points, known: Known) -> Array:
    """Return the expected hypervolume improvement of each of N architectures, (N,)."""
    mean, sd = known.belief.predict(points)
    return expected_improvement(mean, sd, points.costs, known.front, known.reference)

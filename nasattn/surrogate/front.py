"""The front of accuracies that are believed in, at exact costs."""

from typing import NamedTuple

import numpy as np

from nasattn.surrogate.arrays import Array, Mask


class Front(NamedTuple):
    """Members of a front.

    Attributes:
        accuracies: (K,).
        costs: Scaled, (K, C).
    """

    accuracies: Array
    costs: Array


def nondominated(accuracies: Array, costs: Array) -> Mask:
    """Return which points no other dominates; equal points do not dominate each other.

    Args:
        accuracies: (N,), to be large.
        costs: (N, C), to be small.

    Returns:
        (N,).
    """
    points = np.column_stack((-accuracies, costs))
    found = np.zeros(len(points), dtype=bool)
    # In lexicographic order only an earlier point can dominate a later one: the first that is
    # left is on the front, and takes those away that it dominates.
    left = np.lexsort(points.T[::-1])
    while len(left):
        point, others = points[left[0]], points[left[1:]]
        beaten = (point <= others).all(axis=1) & (point < others).any(axis=1)
        found[left[0]] = True
        left = left[1:][~beaten]
    return found


def attained(costs: Array, front: Front) -> Array:
    """Return the best accuracy of a member that is no dearer, for each of N costs.

    Args:
        costs: Scaled, (N, C).
        front: What there is.

    Returns:
        (N,); minus infinity where every member is dearer in something.
    """
    is_no_dearer = (front.costs[None, :, :] <= costs[:, None, :]).all(axis=2)
    reached = np.where(is_no_dearer, front.accuracies, -np.inf)
    return np.asarray(reached.max(axis=1, initial=-np.inf))


def front_of(accuracies: Array, costs: Array) -> Front:
    """Return the points that none dominates."""
    best = nondominated(accuracies, costs)
    return Front(accuracies[best], costs[best])

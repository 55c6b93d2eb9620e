"""The front of accuracies that are believed in, at exact costs."""

from typing import NamedTuple

import numpy as np

from nasattn.surrogate.arrays import Array, Mask

# Points that are compared at a time.
_BLOCK = 128


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
    found = np.ones(len(points), dtype=bool)
    # In lexicographic order only an earlier point can dominate a later one.
    order, kept = np.lexsort(points.T[::-1]), np.empty((0, points.shape[1]))
    for start in range(0, len(points), _BLOCK):
        places = order[start : start + _BLOCK]
        block = points[places]
        rivals = np.vstack((kept, block))[None, :, :]
        no_worse = (rivals <= block[:, None, :]).all(axis=2)
        better = (rivals < block[:, None, :]).any(axis=2)
        found[places] = ~np.any(no_worse & better, axis=1)
        kept = np.vstack((kept, block[found[places]]))
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

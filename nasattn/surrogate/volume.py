"""What is left of a box of costs when members of a front have taken their parts."""

from itertools import pairwise

import numpy as np

from nasattn.surrogate.arrays import Array


def uncovered(corners: Array, members: Array, reference: float) -> Array:
    """Return the volume of each box that no member covers.

    A box reaches from its corner to ``reference`` in every cost. A member covers what costs no
    less than it in each.

    Args:
        corners: (M, C).
        members: (K, C).
        reference: The same in every cost.

    Returns:
        (M,). Without costs a box is one point of volume 1.
    """
    num_costs = corners.shape[1]
    if num_costs == 0:
        return np.full(len(corners), 0.0 if len(members) else 1.0)
    if num_costs == 1:
        return _length(corners[:, 0], members[:, 0], reference)
    order = np.argsort(members[:, -1], kind="stable")
    if num_costs == 2:
        return _area(corners, members[order], reference)
    ends = _ends(members[order, -1], reference)
    total = np.zeros(len(corners))
    for begun, (start, end) in enumerate(pairwise(ends.tolist())):
        height = np.maximum(end - np.maximum(start, corners[:, -1]), 0.0)
        if height.any():
            below = members[order[:begun], :-1]
            total += height * uncovered(corners[:, :-1], below, reference)
    return total


def _length(corners: Array, members: Array, reference: float) -> Array:
    end = float(members.min(initial=reference))
    return np.asarray(np.maximum(end - corners, 0.0))


def _area(corners: Array, members: Array, reference: float) -> Array:
    """Sum the stripes between the members' second costs; members come sorted by them."""
    ends = _ends(members[:, 1], reference)
    heights = np.maximum(ends[1:] - np.maximum(ends[:-1], corners[:, 1:]), 0.0)
    first = np.minimum.accumulate(np.append(reference, members[:, 0]))
    widths = np.maximum(first - corners[:, :1], 0.0)
    return np.asarray((heights * widths).sum(axis=1))


def _ends(levels: Array, reference: float) -> Array:
    return np.concatenate(([-np.inf], np.minimum(levels, reference), [reference]))

"""Costs from 0 to 1."""

from collections.abc import Sequence

import numpy as np

from nasattn.surrogate.arrays import Array

Range = tuple[float, float]


def scaled_costs(rows: Sequence[Sequence[float]] | Array, ranges: Sequence[Range]) -> Array:
    """Return (ln c - ln low) / (ln high - ln low) for every cost, 0 where low = high.

    The unit of a cost changes nothing.

    Args:
        rows: N times C positive costs.
        ranges: Least and largest of each cost over all that can be chosen.

    Returns:
        (N, C).
    """
    values = np.array(rows, dtype=float).reshape(len(rows), len(ranges))
    low, high = np.array(ranges, dtype=float).reshape(-1, 2).T
    spans = np.log(high / low)
    return np.asarray(np.log(values / low) / np.where(spans > 0, spans, np.inf))

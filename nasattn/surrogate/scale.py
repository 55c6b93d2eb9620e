"""Costs from 0 to 1."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from nasattn.surrogate.arrays import Array

Range = tuple[float, float]


def scaled_costs(rows: Iterable[Sequence[float]], ranges: Sequence[Range]) -> Array:
    """Return (ln c - ln low) / (ln high - ln low) for every cost, 0 where low = high.

    The unit of a cost changes nothing.

    Args:
        rows: N times C positive costs.
        ranges: Least and largest of each cost over all that can be chosen.

    Returns:
        (N, C).
    """
    found = [[_scaled(cost, *ends) for cost, ends in zip(row, ranges, strict=True)] for row in rows]
    return np.array(found, dtype=float).reshape(len(found), len(ranges))


def _scaled(cost: float, low: float, high: float) -> float:
    return math.log(cost / low) / math.log(high / low) if high > low else 0.0

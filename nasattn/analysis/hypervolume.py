"""The hypervolume of a front: one number that grows as the front gets better."""

import math
from collections.abc import Iterable, Mapping

from nasattn.analysis.dominance import Point, nondominated

REFERENCE_ACCURACY = 0.0
REFERENCE_COST = 1.05
LATENCY_SPAN = 10.0
"""Latency is scaled from the baseline's to so many times that: its range is not known before."""


def hypervolume(points: Iterable[Point], reference: Point) -> float:
    """Return the volume that ``points`` dominate below ``reference``; all is minimised.

    Args:
        points: Those that are not better than the reference everywhere count nothing.
        reference: One coordinate for each of theirs.
    """
    inside = [p for p in points if all(a < b for a, b in zip(p, reference, strict=True))]
    front = nondominated(inside)
    if not front:
        return 0.0
    if len(reference) == 1:
        return reference[0] - front[0][0]
    if len(reference) == 2:
        return _area(front, reference)
    import moocore  # imports numpy, which most reading commands do without

    return float(moocore.hypervolume(front, ref=reference))


def _area(front: tuple[Point, ...], reference: Point) -> float:
    """Sum the rectangles of a two-dimensional front, which comes sorted."""
    ends = [first for first, _ in front[1:]] + [reference[0]]
    pairs = zip(front, ends, strict=True)
    return math.fsum((end - first) * (reference[1] - second) for (first, second), end in pairs)


def reference_point(objectives: Iterable[str]) -> Point:
    """Return the reference of a study's hypervolume in the coordinates of ``scaled``."""
    return tuple(
        -REFERENCE_ACCURACY if name == "accuracy" else REFERENCE_COST for name in objectives
    )


def scaled(values: Mapping[str, float], cost_range: Mapping[str, tuple[float, float]]) -> Point:
    """Return the point of objective ``values`` for the hypervolume; all is minimised.

    Accuracy is negated. A cost c becomes (ln c - ln low) / (ln high - ln low), where low and
    high are the least and largest of the search space: 0 is the cheapest architecture that
    the study can find, 1 the dearest, whatever it has found. It is 0 where they are equal.
    """
    return tuple(
        -value if name == "accuracy" else log_scaled(value, *cost_range[name])
        for name, value in values.items()
    )


def log_scaled(cost: float, low: float, high: float) -> float:
    """Return (ln cost - ln low) / (ln high - ln low), and 0 where ``low`` is ``high``."""
    if low == high:
        return 0.0
    return (math.log(cost) - math.log(low)) / (math.log(high) - math.log(low))

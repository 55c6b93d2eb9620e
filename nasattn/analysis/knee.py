"""The knee of a front: where giving up a little of one objective stops buying much."""

from collections.abc import Sequence

from nasattn.analysis.dominance import Point, unit_scaled


def knee_index(points: Sequence[Point]) -> int | None:
    """Return which of the front's ``points`` (all is minimised) is its knee.

    It is the one with the largest sum of min-max-normalised objectives; with two of them, the
    one farthest above the chord between the extremes. Of equals it is the first.

    Returns:
        None with fewer than three distinct points, or with none above the chord (with more
        objectives: above the plane through the points that are best in one and worst in all
        others), as on a straight or hollow front.
    """
    if len(set(points)) < 3:
        return None
    sums = [sum(point) for point in unit_scaled(points)]
    best = max(range(len(sums)), key=sums.__getitem__)
    # The extremes of two objectives have exactly 1: rounding must not put them above it.
    return best if sums[best] > 1 + 1e-9 else None

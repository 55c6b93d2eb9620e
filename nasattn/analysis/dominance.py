"""Dominance between points whose every coordinate is to be minimised."""

from collections.abc import Iterable, Sequence

Point = tuple[float, ...]


def dominates(first: Point, second: Point) -> bool:
    """Return whether ``first`` is nowhere worse than ``second`` and somewhere better.

    Equal points do not dominate each other.
    """
    return first != second and all(a <= b for a, b in zip(first, second, strict=True))


def nondominated(points: Iterable[Point]) -> tuple[Point, ...]:
    """Return the distinct points that no other dominates, in lexicographic order."""
    front: list[Point] = []
    # In lexicographic order only an earlier point can dominate a later one, and what
    # dominates it is itself on the front or dominated by a member of it.
    for point in sorted(set(points)):
        if not any(dominates(member, point) for member in reversed(front)):
            front.append(point)
    return tuple(front)


def unit_scaled(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return ``points`` min-max-normalised and turned: 1 is best, 0 worst.

    A coordinate in which all are equal tells nothing and becomes 0.
    """
    columns = [_unit_scaled(column) for column in zip(*points, strict=True)]
    return tuple(zip(*columns, strict=True))


def _unit_scaled(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    spread = high - low
    return [(high - value) / spread if spread else 0.0 for value in values]

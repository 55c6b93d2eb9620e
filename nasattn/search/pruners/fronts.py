"""Non-dominated sorting, and the order of points inside a front."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
Order = Callable[[Floats], Iterator[int]]

# Rows that are compared at a time: so many fit into a processor's cache.
_BLOCK = 128


def fronts(points: Floats) -> Iterator[Indices]:
    """Yield fronts: those that none dominates, those that only the front before dominates, ….

    Args:
        points: ``(n, d)``, distinct and sorted, all minimised.

    Yields:
        Rows of ``points``, ascending.
    """
    dominates = _dominance(points)
    dominators = _sums(dominates)
    while (front := np.flatnonzero(dominators == 0)).size:
        yield front
        dominators -= _sums(dominates[front])
        dominators[front] = -1


def _dominance(points: Floats) -> Flags:
    """Return ``(n, n)``: whether the point of the row dominates that of the column."""
    # Whole numbers of 16 bits where they do: comparing all pairs is most of the work.
    kind = np.int16 if len(points) < 2**15 else np.int64
    # Only an earlier point can dominate a later one, and in the first coordinate it does.
    ranks = [np.unique(c, return_inverse=True)[1].astype(kind) for c in points.T[1:]]
    dominates, later = np.zeros((len(points), len(points)), dtype=bool), np.tri(_BLOCK) == 0
    for start in range(0, len(points), _BLOCK):
        block = dominates[start : start + _BLOCK, start:]
        size = len(block)
        block[:, :size], block[:, size:] = later[:size, :size], True
        for rank in ranks:
            block &= np.less_equal.outer(rank[start : start + _BLOCK], rank[start:])
    return dominates


def _sums(rows: Flags) -> NDArray[np.int32]:
    """Return the sum of each column: as bytes it is added five times as fast as as flags."""
    sums: NDArray[np.int32] = rows.view(np.uint8).sum(axis=0, dtype=np.int32)
    return sums


def unit_scaled(points: Floats) -> Floats:
    """Return ``(n, d)`` points from 0 to 1 in each coordinate, by logarithms but for the first.

    A coordinate in which all are equal becomes 0.
    """
    values = np.column_stack([points[:, :1], np.log(points[:, 1:])])
    low, span = values.min(axis=0), np.ptp(values, axis=0)
    return np.asarray((values - low) / np.where(span > 0, span, 1.0))


def epsilon_net(points: Floats) -> Iterator[int]:
    """Yield rows of ``(n, d)`` points, each the farthest from all before it; row 0 comes first.

    Source: Schmucker et al., "Multi-objective asynchronous successive halving"
    (arXiv:2106.12639), sec. 3. Of equally far ones the first row comes first.
    """
    row, nearest = 0, np.full(len(points), np.inf)
    for _ in points:
        yield row
        nearest = np.minimum(nearest, _distances(points, row))
        nearest[row] = -1.0
        row = int(np.argmax(nearest))


def _distances(points: Floats, row: int) -> Floats:
    # Rounded, so that another unit of a cost breaks no tie in another way.
    difference = points - points[row]
    distances: Floats = np.round(np.sqrt(np.einsum("nd,nd->n", difference, difference)), 9)
    return distances


def crowding(points: Floats) -> Iterator[int]:
    """Yield rows of ``(n, d)`` points by their crowding distance, the loneliest first.

    Source: Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II" (2002),
    sec. III-B. Of equally lonely ones the first row comes first.
    """
    distance = np.zeros(len(points))
    for column in points.T:
        order = np.argsort(column, kind="stable")
        steps = np.diff(column[order], prepend=-np.inf, append=np.inf)
        distance[order] += steps[:-1] + steps[1:]
    yield from np.argsort(-np.round(distance, 9), kind="stable").tolist()

"""Non-dominated sorting, and the order of points inside a front."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Order = Callable[[Floats], Indices]


def fronts(points: Floats) -> Iterator[Indices]:
    """Yield fronts: those that none dominates, those that only the front before dominates, ….

    Args:
        points: ``(n, d)``, distinct, all minimised.

    Yields:
        Rows of ``points``, ascending.
    """
    # Whole numbers of 16 bits where they do: comparing all pairs is most of the work.
    kind = np.int16 if len(points) < 2**15 else np.int64
    dominates = np.ones((len(points), len(points)), dtype=bool)
    for column in points.T:
        rank = np.unique(column, return_inverse=True)[1].astype(kind)
        dominates &= np.less_equal.outer(rank, rank)
    np.fill_diagonal(dominates, val=False)
    dominators = np.count_nonzero(dominates, axis=0)
    while (front := np.flatnonzero(dominators == 0)).size:
        yield front
        dominators -= np.count_nonzero(dominates[front], axis=0)
        dominators[front] = -1


def unit_scaled(points: Floats) -> Floats:
    """Return ``(n, d)`` points from 0 to 1 in each coordinate, by logarithms but for the first.

    A coordinate in which all are equal becomes 0.
    """
    values = np.column_stack([points[:, :1], np.log(points[:, 1:])])
    low, span = values.min(axis=0), np.ptp(values, axis=0)
    return np.asarray((values - low) / np.where(span > 0, span, 1.0))


def epsilon_net(points: Floats) -> Indices:
    """Order ``(n, d)`` points so that each is the farthest from all before it; row 0 comes first.

    Source: Schmucker et al., "Multi-objective asynchronous successive halving"
    (arXiv:2106.12639), sec. 3. Of equally far ones the first row comes first.
    """
    order = np.zeros(len(points), dtype=np.intp)
    nearest = _distances(points, 0)
    for place in range(1, len(points)):
        nearest[order[place - 1]] = -1.0
        order[place] = np.argmax(nearest)
        nearest = np.minimum(nearest, _distances(points, int(order[place])))
    return order


def _distances(points: Floats, row: int) -> Floats:
    # Rounded, so that another unit of a cost breaks no tie in another way.
    difference = points - points[row]
    distances: Floats = np.round(np.sqrt(np.einsum("nd,nd->n", difference, difference)), 9)
    return distances


def crowding(points: Floats) -> Indices:
    """Order ``(n, d)`` points by their crowding distance, the loneliest first.

    Source: Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II" (2002),
    sec. III-B. Of equally lonely ones the first row comes first.
    """
    distance = np.zeros(len(points))
    for column in points.T:
        order = np.argsort(column, kind="stable")
        steps = np.diff(column[order], prepend=-np.inf, append=np.inf)
        distance[order] += steps[:-1] + steps[1:]
    return np.argsort(-np.round(distance, 9), kind="stable")

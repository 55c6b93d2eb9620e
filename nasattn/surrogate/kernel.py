"""The additive kernel: what two architectures have in common tells how alike their accuracies are.

k(x, x') = 1 + w_1 m + w_2 m² + w_3 n + w_4 c + w_5 e. Of these, m is how alike they are site by
site (an effect of every module at every site), m² the same for pairs of sites (what two of them
do together), n how alike they are in what they hold wherever it stands (an effect shared by all
sites), c = exp(-|z - z'|²/2·0.3²) how alike they cost, z from 0 to 1 each, and e is 1 where they
are equal, else 0 (what nothing else explains: repeats of one architecture are believed in the end).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from nasattn.surrogate.arrays import Array, Indices
from nasattn.surrogate.encoding import Encoding

TERMS = ("sites", "pairs", "shared", "cost", "own")
"""The terms, in the order of their weights."""

_COST_LENGTH = 0.3
_ROUNDING = 1e-9


class Points(NamedTuple):
    """Architectures as the kernel takes them.

    Attributes:
        codes: (N, G), see ``Encoding.encode``.
        costs: (N, C), scaled.
    """

    codes: Indices
    costs: Array


def terms(encoding: Encoding, first: Points, second: Points) -> tuple[Array, ...]:
    """Return the terms between M and N architectures, each without its weight: (M, N) each."""
    sites = encoding.site_by_site(first.codes, second.codes)
    shared = encoding.wherever(first.codes, second.codes)
    own = np.where(sites > 1 - _ROUNDING, 1.0, 0.0)
    return sites, sites**2, shared, _cost(first.costs, second.costs), own


def own_terms(encoding: Encoding, points: Points) -> tuple[Array, ...]:
    """Return the terms of each of N architectures with itself: (N,) each."""
    ones = np.ones(len(points.codes))
    return ones, ones, encoding.wherever_itself(points.codes), ones, ones


def weighted(weights: Array, parts: Iterable[Array]) -> Array:
    """Return the kernel from its terms."""
    products = (weight * part for weight, part in zip(weights, parts, strict=True))
    return np.asarray(1 + sum(products))


def _cost(first: Array, second: Array) -> Array:
    squares = sum(
        (first[:, None, cost] - second[None, :, cost]) ** 2 for cost in range(first.shape[1])
    )
    return np.exp(-np.broadcast_to(squares, (len(first), len(second))) / (2 * _COST_LENGTH**2))

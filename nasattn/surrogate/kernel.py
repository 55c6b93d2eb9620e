"""The additive kernel: what two architectures have in common tells how alike their accuracies are.

k(x, x') = 1 + w_1 m + w_2 m² + w_3 n + w_4 c. Of these, m is how alike they are site by site (an
effect of every module at every site), m² the same for pairs of sites (what two of them do
together), n how alike they are in what they hold wherever it stands (an effect shared by all
sites), and c = exp(-|z - z'|²/2·0.3²) how alike they cost, z from 0 to 1 each.
"""

from typing import NamedTuple

import numpy as np

from nasattn.surrogate.arrays import Array, Indices
from nasattn.surrogate.encoding import Encoding

TERMS = ("sites", "pairs", "shared", "cost")
"""The terms, in the order of their weights."""

_COST_LENGTH = 0.3


class Points(NamedTuple):
    """Architectures as the kernel takes them.

    Attributes:
        codes: (N, G), see ``Encoding.encode``.
        costs: (N, C), scaled.
    """

    codes: Indices
    costs: Array


def terms(encoding: Encoding, first: Points, second: Points) -> Array:
    """Return the terms between M and N architectures, each without its weight: (4, M, N)."""
    sites = encoding.site_by_site(first.codes, second.codes)
    shared = encoding.wherever(first.codes, second.codes)
    return np.stack((sites, sites**2, shared, _cost(first.costs, second.costs)))


def own_terms(encoding: Encoding, points: Points) -> Array:
    """Return the terms of each of N architectures with itself: (4, N)."""
    ones = np.ones(len(points.codes))
    return np.stack((ones, ones, encoding.wherever_itself(points.codes), ones))


def weighted(weights: Array, parts: Array) -> Array:
    """Return the kernel from its terms: (4, …) becomes (…)."""
    return np.asarray(1 + np.tensordot(weights, parts, axes=1))


def _cost(first: Array, second: Array) -> Array:
    squares = sum(
        (first[:, None, cost] - second[None, :, cost]) ** 2 for cost in range(first.shape[1])
    )
    return np.exp(-np.broadcast_to(squares, (len(first), len(second))) / (2 * _COST_LENGTH**2))

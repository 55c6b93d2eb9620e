"""By how much a training is expected to enlarge the front's hypervolume, its costs being exact."""

import numpy as np
from scipy.special import ndtr

from nasattn.surrogate.arrays import Array
from nasattn.surrogate.front import Front
from nasattn.surrogate.volume import uncovered

REFERENCE_COST = 1.05
"""Scaled costs go from 0 to 1."""

NOTHING = 1e-12
"""Improvements up to this are rounding."""


def expected_improvement(
    mean: Array, sd: Array, costs: Array, front: Front, reference: float
) -> Array:
    """Return the expected hypervolume improvement of each of M candidates.

    With the front's accuracies a_1 ≥ … ≥ a_k, a_{k+1} the reference, V_j what members 1 to j leave
    of the candidate's box of costs, and ψ(t) = E[max(a - t, 0)], the candidate gains V_j between
    the accuracies a_{j+1} and a_j: EHVI = Σ_{j=0..k} V_j (ψ(a_{j+1}) - ψ(a_j)), ψ(a_0) = 0. That is
    exact for any number of costs, since only the accuracy is uncertain.

    Args:
        mean: Of the candidates' accuracies, (M,).
        sd: Their standard deviations, (M,).
        costs: Scaled, (M, C).
        front: What there is.
        reference: The accuracy below which nothing counts.

    Returns:
        (M,), not negative.
    """
    order = np.argsort(-front.accuracies, kind="stable")
    levels = np.append(front.accuracies[order], reference).clip(min=reference)
    members = front.costs[order]
    total, before = np.zeros(len(mean)), np.zeros(len(mean))
    for taken, level in enumerate(levels):
        excess = _excess(mean, sd, level)
        total += uncovered(costs, members[:taken], REFERENCE_COST) * (excess - before)
        before = excess
    return np.maximum(total, 0.0)


def _excess(mean: Array, sd: Array, level: float) -> Array:
    """Return E[max(a - level, 0)] of normal accuracies."""
    ahead = mean - level
    with np.errstate(divide="ignore", invalid="ignore"):
        units = np.where(sd > 0, ahead / sd, np.copysign(np.inf, ahead))
    density = np.exp(-(np.minimum(np.abs(units), 40.0) ** 2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(np.maximum(ahead * ndtr(units) + sd * density, 0.0))

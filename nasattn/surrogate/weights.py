"""The weights of the kernel's terms and the noise, as the observations have them."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from nasattn.surrogate.arrays import Array
from nasattn.surrogate.gaussian_process import GaussianProcess
from nasattn.surrogate.kernel import weighted

# Log-normal priors of the five weights and the noise, for targets of variance 1.
_MEDIANS = np.array([0.6, 0.3, 0.3, 0.3, 0.05, 0.1])
_SD = 1.2
_BOUND = 4.0
_MOST_STEPS = 40


@dataclass(frozen=True, slots=True)
class Weights:
    """What multiplies the kernel's terms, and the variance of one training's noise."""

    terms: Array
    noise: float


PRIOR = Weights(_MEDIANS[:-1], float(_MEDIANS[-1]))
"""The medians, before anything is observed."""


def likeliest(parts: Array, extra: Array, targets: Array) -> Weights:
    """Return the weights of largest posterior density (of their logarithms).

    Args:
        parts: The kernel's terms between N observed points, (5, N, N).
        extra: Variance that each observation has beside the noise, (N,).
        targets: (N,).
    """
    found = minimize(
        negative_log_posterior,
        np.zeros(len(_MEDIANS)),
        args=(parts, extra, targets),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_BOUND, _BOUND)] * len(_MEDIANS),
        options={"maxiter": _MOST_STEPS, "ftol": 1e-6},
    )
    return _weights(found.x)


def negative_log_posterior(
    steps: Array, parts: Array, extra: Array, targets: Array
) -> tuple[float, Array]:
    """Return the negative log posterior density, but for a constant, and its gradient.

    Args:
        steps: How many prior standard deviations the logarithms are above their medians, (6,).
        parts: As for ``likeliest``.
        extra: As for ``likeliest``.
        targets: As for ``likeliest``.
    """
    weights = _weights(steps)
    process = GaussianProcess.fit(weighted(weights.terms, parts), extra + weights.noise, targets)
    # ∂ log p / ∂K = (α αᵀ - K⁻¹) / 2 (Rasmussen & Williams, eq. 5.9)
    slope = (np.outer(process.alpha, process.alpha) - process.precision) / 2
    by_term = weights.terms * np.tensordot(parts, slope, axes=2)
    gradient = np.append(by_term, weights.noise * np.trace(slope))
    return float(steps @ steps) / 2 - process.log_likelihood, steps - _SD * gradient


def _weights(steps: Array) -> Weights:
    *terms, noise = _MEDIANS * np.exp(_SD * steps)
    return Weights(np.array(terms), float(noise))

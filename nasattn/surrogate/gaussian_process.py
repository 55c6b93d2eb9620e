"""A Gaussian process: what observations at some points say about others."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular

from nasattn.surrogate.arrays import Array

# Beside the noise, so that rounding cannot make a matrix indefinite.
_JITTER = 1e-8


@dataclass(frozen=True, slots=True)
class GaussianProcess:
    """The process with mean 0 before, after N observations (Rasmussen & Williams 2006, alg. 2.1).

    Attributes:
        factor: Lower Cholesky factor L of covariance + noise, (N, N).
        alpha: (covariance + noise)⁻¹ targets, (N,).
        targets: (N,).
    """

    factor: Array
    alpha: Array
    targets: Array

    @classmethod
    def fit(cls, covariance: Array, noise: Array, targets: Array) -> Self:
        """Condition on observations.

        Args:
            covariance: Of the true values at N points, (N, N).
            noise: Variance of each observation about the true value, (N,).
            targets: What was observed, (N,).
        """
        factor = cholesky(covariance + np.diag(noise + _JITTER), lower=True)
        return cls(factor, cho_solve((factor, True), targets), targets)

    def predict(self, cross: Array, prior: Array) -> tuple[Array, Array]:
        """Return mean and variance of the true values at M points.

        Args:
            cross: Covariance of theirs with the observed, (M, N).
            prior: Their variances before, (M,).

        Returns:
            (M,) and (M,).
        """
        explained = solve_triangular(self.factor, cross.T, lower=True)
        variance = prior - np.einsum("nm,nm->m", explained, explained)
        return cross @ self.alpha, np.maximum(variance, 0.0)

    @property
    def log_likelihood(self) -> float:
        """The logarithm of the density of the targets."""
        half = math.fsum(np.log(np.diag(self.factor)))
        size = len(self.targets)
        return float(-self.targets @ self.alpha / 2 - half - size / 2 * math.log(2 * math.pi))

    @property
    def precision(self) -> Array:
        """(covariance + noise)⁻¹, (N, N)."""
        return np.asarray(cho_solve((self.factor, True), np.eye(len(self.targets))))

    def left_out(self) -> tuple[Array, Array]:
        """Return mean and variance of each observation as all others predict it.

        The variance has the observation's noise in it (Rasmussen & Williams, eqs. 5.10–5.12).
        """
        variance = 1 / np.diag(self.precision)
        return self.targets - self.alpha * variance, variance

"""A cost that is measured, not counted: what it would be of architectures never built."""

from collections.abc import Sequence

import numpy as np

from nasattn.surrogate.arrays import Array
from nasattn.surrogate.content import Content
from nasattn.surrogate.encoding import Encoding, Slot
from nasattn.surrogate.gaussian_process import GaussianProcess
from nasattn.surrogate.kernel import Points, own_terms, terms, weighted
from nasattn.surrogate.weights import PRIOR

_NOISE, _MOST_ROWS, _LEAST_SD = 0.05, 200, 1e-6


class Measured:
    """Measurements extrapolated by the kernel on a logarithmic scale, at its prior's weights.

    Args:
        slots: Of every architecture.
        architectures: Those that were measured, a content for each slot; the latest first.
        costs: Their other costs, scaled, (N, C).
        values: Their measurements, above 0.
    """

    def __init__(
        self,
        slots: Sequence[Slot],
        architectures: Sequence[Sequence[Content]],
        costs: Array,
        values: Sequence[float],
    ) -> None:
        self._encoding = Encoding(slots)
        codes = self._encoding.encode(architectures[:_MOST_ROWS])
        self._points = Points(codes, costs[:_MOST_ROWS])
        logs = np.log(np.array(values[:_MOST_ROWS]))
        self._mean, self._sd = float(logs.mean()), max(float(logs.std()), _LEAST_SD)
        covariance = weighted(PRIOR.terms, terms(self._encoding, self._points, self._points))
        noise = np.full(len(logs), _NOISE)
        self._process = GaussianProcess.fit(covariance, noise, (logs - self._mean) / self._sd)

    def expected(self, architectures: Sequence[Sequence[Content]], costs: Array) -> Array:
        """Return what architectures would measure, (M,)."""
        points = Points(self._encoding.encode(architectures), costs)
        cross = weighted(PRIOR.terms, terms(self._encoding, points, self._points))
        prior = weighted(PRIOR.terms, own_terms(self._encoding, points))
        mean, _ = self._process.predict(cross, prior)
        return np.asarray(np.exp(self._mean + self._sd * mean))

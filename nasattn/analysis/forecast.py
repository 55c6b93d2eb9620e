"""What accuracy a trial will end with, from how others went on from the same epoch."""

import math
from collections.abc import Sequence
from typing import NamedTuple

LEAST_PAIRS = 3
"""So many complete trials are needed: two coefficients and a spread come from them."""

_TRUST_IN_ONE = 1e-4
"""How firmly the slope is held to 1: as by one trial that lies one point from the mean."""


class Forecast(NamedTuple):
    """A normal distribution of the final accuracy.

    Attributes:
        mean: Its mean.
        sd: Its standard deviation, that of the fitted line included.
    """

    mean: float
    sd: float

    def excess(self, level: float) -> float:
        """Return by how much the accuracy exceeds ``level`` on average: E[max(a - level, 0)]."""
        ahead = self.mean - level
        if self.sd == 0:
            return max(ahead, 0.0)
        z = ahead / self.sd
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return max(ahead * math.erfc(-z / math.sqrt(2)) / 2 + self.sd * density, 0.0)


def forecast(pairs: Sequence[tuple[float, float]], now: float) -> Forecast:
    """Predict a final accuracy by a line through those of others, its slope drawn towards 1.

    The slope b minimises the sum of squares of the residuals plus ``_TRUST_IN_ONE`` · (b - 1)²,
    the line passes through the means.

    Args:
        pairs: Accuracy at the epoch and at the end, of ``LEAST_PAIRS`` trials or more.
        now: Accuracy at that epoch of the one to be predicted.
    """
    count = len(pairs)
    x_mean = math.fsum(x for x, _ in pairs) / count
    y_mean = math.fsum(y for _, y in pairs) / count
    spread = math.fsum((x - x_mean) ** 2 for x, _ in pairs) + _TRUST_IN_ONE
    shared = math.fsum((x - x_mean) * (y - y_mean) for x, y in pairs) + _TRUST_IN_ONE
    slope = shared / spread
    residuals = (y - y_mean - slope * (x - x_mean) for x, y in pairs)
    variance = math.fsum(residual**2 for residual in residuals) / (count - 2)
    leverage = 1 + 1 / count + (now - x_mean) ** 2 / spread
    return Forecast(y_mean + slope * (now - x_mean), math.sqrt(variance * leverage))

"""Accuracies as the model takes them: without outliers, mean 0 and variance 1."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from nasattn.surrogate.arrays import Array

_FENCE = 2.0
_MARGIN = 0.05
# No data set tells less apart.
_LEAST_SD = 1e-6


@dataclass(frozen=True, slots=True)
class Targets:
    """The scale of the accuracies of a study.

    Attributes:
        mean: Of the final accuracies, outliers raised.
        sd: Their standard deviation.
        fence: What is below is an outlier, as of a training that diverged, and counts as this.
    """

    mean: float
    sd: float
    fence: float

    @classmethod
    def of(cls, finals: Sequence[float]) -> Self:
        """Return the scale of the accuracies of the trainings that are at their end."""
        fence = _fence(finals)
        values = np.maximum(finals, fence)
        return cls(float(values.mean()), max(float(values.std()), _LEAST_SD), fence)

    def standardised(self, accuracies: Array) -> Array:
        """Return accuracies on the model's scale, outliers raised."""
        return np.asarray((np.maximum(accuracies, self.fence) - self.mean) / self.sd)


def reference_accuracy(first: Sequence[float]) -> float:
    """Return the accuracy below which a front's hypervolume counts nothing.

    It is a little below the worst of the study's first results, outliers left out. One that
    followed the results would rise as the proposals become good, and the cheap end of the front
    would count nothing any more.

    Args:
        first: Final accuracies of the trials that began the study, at least one.
    """
    values = np.maximum(first, _fence(first))
    low, high = float(values.min()), float(values.max())
    return low - max(_MARGIN * (high - low), _LEAST_SD)


def _fence(values: Sequence[float]) -> float:
    low, high = np.quantile(values, (0.25, 0.75))
    return float(low - _FENCE * (high - low))

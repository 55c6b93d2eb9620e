"""What the learning curve of a training that is not at its end says about the end.

From epoch to epoch of a short list (the last, two thirds of it, and so on down) lines are fitted
through all trainings that have come to both; a training that stands somewhere follows them from
its epoch to the end. The lines relate the later to the earlier: that trainings were stopped for
what they reached earlier does not bend them.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from nasattn.surrogate.arrays import Array

Curve = Sequence[float]
Numbers = TypeVar("Numbers", float, Array)

_STEP = 1.5
_FEWEST_PAIRS = 4
# So many trainings speak for a correlation of one half before any is seen.
_PRIOR_PAIRS, _PRIOR_CORRELATION = 2.0, 0.5
# Of the final accuracy's variance, where a curve explains less it says nothing.
_LEAST_EXPLAINED = 0.05


class Outlook(NamedTuple):
    """A curve as an observation of the accuracy at the end.

    Attributes:
        accuracy: What it points to.
        variance: Of the error beside the noise of a training; 0 at the end.
    """

    accuracy: float
    variance: float


class Forecast(NamedTuple):
    """What a curve says of its own end.

    Attributes:
        mean: The final accuracy to be expected.
        variance: Of the final accuracy about it.
        explained: The share of the final accuracies' variance that curves of this length explain.
    """

    mean: float
    variance: float
    explained: float


class Line(NamedTuple):
    """later = later_mean + slope · (earlier - earlier_mean) + error."""

    earlier_mean: float
    later_mean: float
    slope: float
    variance: float

    def predicted(self, earlier: Numbers) -> Numbers:
        """Return what is expected later."""
        return self.later_mean + self.slope * (earlier - self.earlier_mean)


class _Reading(NamedTuple):
    """How curves that stand at one epoch are read.

    Attributes:
        line: From their level to the final accuracy.
        usual: The mean of what it predicts for all curves that have come so far.
        explained: The share of variance that it explains among them.
    """

    line: Line
    usual: float
    explained: float


class Curves:
    """The curves of a study.

    Args:
        curves: Accuracy after each epoch; empty where there is none.
        epochs: Of a whole training.
    """

    def __init__(self, curves: Sequence[Curve], epochs: int) -> None:
        self._epochs = epochs
        self._lengths = np.array([len(curve) for curve in curves])
        table = np.zeros((len(curves), epochs))
        for row, curve in zip(table, curves, strict=True):
            row[: len(curve)] = curve[:epochs]
        self._finals = table[:, -1]
        self._sums = np.cumsum(np.pad(table, ((0, 0), (1, 0))), axis=1)
        self._readings: dict[int, _Reading | None] = {}

    def outlook(self, curve: Curve) -> Outlook | None:
        """Return what a curve says about its end; None where that is nothing.

        The line's prediction â of the final accuracy, with error variance v, has the mean and
        variance of all trainings in it already. As an observation that leaves those to the model
        it is m + (â - m) / R² with variance v / R², where m is the mean of the predictions for
        all trainings and R² the share of variance that they explain.
        """
        epoch = len(curve)
        if epoch >= self._epochs:
            return Outlook(float(curve[self._epochs - 1]), 0.0)
        reading = self._reading(epoch)
        if reading is None or reading.explained < _LEAST_EXPLAINED:
            return None
        ahead = reading.line.predicted(_level(curve)) - reading.usual
        variance = reading.line.variance / reading.explained
        return Outlook(reading.usual + ahead / reading.explained, variance)

    def forecast(self, curve: Curve) -> Forecast | None:
        """Return what a curve that is not at its end says of it; None where none can be read."""
        reading = self._reading(len(curve))
        if reading is None:
            return None
        mean = float(reading.line.predicted(_level(curve)))
        return Forecast(mean, reading.line.variance, reading.explained)

    def _reading(self, epoch: int) -> _Reading | None:
        if epoch not in self._readings:
            self._readings[epoch] = self._read(epoch) if epoch else None
        return self._readings[epoch]

    def _read(self, epoch: int) -> _Reading | None:
        line = self._to_the_end(epoch)
        if line is None:
            return None
        predicted = line.predicted(self._levels(epoch)[self._lengths >= epoch])
        spread = float(predicted.var())
        return _Reading(line, float(predicted.mean()), spread / (spread + line.variance))

    def _to_the_end(self, epoch: int) -> Line | None:
        """Chain the lines from an epoch to the last."""
        chained: Line | None = None
        for step in (step for step in _steps(self._epochs) if step > epoch):
            line = self._line(epoch, step)
            if line is None:
                return None
            chained = line if chained is None else _chain(chained, line)
            epoch = step
        return chained

    def _line(self, epoch: int, later: int) -> Line | None:
        both = self._lengths >= later
        if both.sum() < _FEWEST_PAIRS:
            return None
        ends = self._finals if later == self._epochs else self._levels(later)
        return fit_line(self._levels(epoch)[both], ends[both])

    def _levels(self, epoch: int) -> Array:
        """Return the levels of all curves at an epoch; those that are shorter have none."""
        last = _last(epoch)
        return np.asarray((self._sums[:, epoch] - self._sums[:, epoch - last]) / last)


def _steps(epochs: int) -> tuple[int, ...]:
    found = [epochs]
    while (earlier := int(found[-1] / _STEP)) > 0:
        found.append(earlier)
    return tuple(reversed(found))


def fit_line(x: Array, y: Array) -> Line | None:
    """Fit a line whose correlation is drawn towards one half; None where x does not vary.

    The error's variance is made larger the fewer they are, and never smaller than a little of
    the variance of y.
    """
    size, x_sd, y_sd = len(x), float(x.std()), float(y.std())
    if x_sd < 1e-9 or y_sd < 1e-9:
        return None
    correlation = float(np.mean((x - x.mean()) * (y - y.mean()))) / (x_sd * y_sd)
    drawn = (size * correlation + _PRIOR_PAIRS * _PRIOR_CORRELATION) / (size + _PRIOR_PAIRS)
    slope = max(drawn, 0.0) * y_sd / x_sd
    errors = y - y.mean() - slope * (x - x.mean())
    variance = (float(errors @ errors) + 0.7 * y_sd**2) / (size - 0.3) * (1 + 2 / size)
    return Line(float(x.mean()), float(y.mean()), slope, variance)


def _chain(first: Line, second: Line) -> Line:
    """Return the line that follows the second from where the first ends."""
    mean = second.later_mean + second.slope * (first.later_mean - second.earlier_mean)
    variance = second.slope**2 * first.variance + second.variance
    return Line(first.earlier_mean, mean, first.slope * second.slope, variance)


def _level(curve: Curve) -> float:
    """Return the mean accuracy of the last third of the epochs: less noisy than that of one."""
    return math.fsum(curve[-_last(len(curve)) :]) / _last(len(curve))


def _last(epoch: int) -> int:
    return max(1, epoch // 3)

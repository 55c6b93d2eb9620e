"""What the learning curve of a training that is not at its end says about the end.

From epoch to epoch of a short list (the last, two thirds of it, and so on down) lines are fitted
through all trainings that have come to both; a training that stands somewhere follows them from
its epoch to the end. The lines relate the later to the earlier: that trainings were stopped for
what they reached earlier does not bend them.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from nasattn.surrogate.arrays import Array

Curve = Sequence[float]

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


class _Line(NamedTuple):
    """later = later_mean + slope · (earlier - earlier_mean) + error."""

    earlier_mean: float
    later_mean: float
    slope: float
    variance: float


class Curves:
    """The curves of a study.

    Args:
        curves: Accuracy after each epoch; empty where there is none.
        epochs: Of a whole training.
    """

    def __init__(self, curves: Sequence[Curve], epochs: int) -> None:
        self._curves, self._epochs = curves, epochs
        self._lines: dict[tuple[int, int], _Line | None] = {}

    @cached_property
    def _steps(self) -> tuple[int, ...]:
        found = [self._epochs]
        while (earlier := int(found[-1] / _STEP)) > 0:
            found.append(earlier)
        return tuple(reversed(found))

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
        if epoch == 0 or (line := self._to_the_end(epoch)) is None:
            return None
        now = np.array([_level(c, epoch) for c in self._curves if len(c) >= epoch])
        usual = line.later_mean + line.slope * (float(now.mean()) - line.earlier_mean)
        spread = line.slope**2 * float(now.var())
        explained = spread / (spread + line.variance) if spread else 0.0
        if explained < _LEAST_EXPLAINED:
            return None
        expected = line.later_mean + line.slope * (_level(curve, epoch) - line.earlier_mean)
        return Outlook(usual + (expected - usual) / explained, line.variance / explained)

    def _to_the_end(self, epoch: int) -> _Line | None:
        """Chain the lines from an epoch to the last."""
        chained: _Line | None = None
        for step in (step for step in self._steps if step > epoch):
            line = self._line(epoch, step)
            if line is None:
                return None
            chained = line if chained is None else _chain(chained, line)
            epoch = step
        return chained

    def _line(self, epoch: int, later: int) -> _Line | None:
        if (epoch, later) not in self._lines:
            self._lines[epoch, later] = self._fit(epoch, later)
        return self._lines[epoch, later]

    def _fit(self, epoch: int, later: int) -> _Line | None:
        both = [curve for curve in self._curves if len(curve) >= later]
        if len(both) < _FEWEST_PAIRS:
            return None
        x = np.array([_level(curve, epoch) for curve in both])
        is_last = later == self._epochs
        y = np.array([curve[later - 1] if is_last else _level(curve, later) for curve in both])
        return fit_line(x, y)


def fit_line(x: Array, y: Array) -> _Line | None:
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
    return _Line(float(x.mean()), float(y.mean()), slope, variance)


def _chain(first: _Line, second: _Line) -> _Line:
    """Return the line that follows the second from where the first ends."""
    mean = second.later_mean + second.slope * (first.later_mean - second.earlier_mean)
    variance = second.slope**2 * first.variance + second.variance
    return _Line(first.earlier_mean, mean, first.slope * second.slope, variance)


def _level(curve: Curve, epoch: int) -> float:
    """Return the mean accuracy of the last third of the epochs up to one: less noisy than one."""
    last = max(1, epoch // 3)
    return float(np.mean(curve[epoch - last : epoch]))

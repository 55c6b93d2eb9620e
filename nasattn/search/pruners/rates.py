"""What the next epoch of a trial is worth: expected hypervolume improvement for each epoch left."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

import numpy as np

from nasattn.search.pruners.race import Contender, Point, Race
from nasattn.surrogate.arrays import Array
from nasattn.surrogate.curves import Curves, Forecast
from nasattn.surrogate.front import Front, front_of
from nasattn.surrogate.improvement import expected_improvement
from nasattn.surrogate.scale import scaled_costs
from nasattn.surrogate.targets import reference_accuracy

# A new trial is taken to be like so many that were begun last.
_LATEST = 16
# What is less than that is rounding, also of a cost in another unit.
_DECIMALS = 9


class Rates:
    """Rates in a race, in hypervolume for an epoch; accuracies count from 0 to 1, costs likewise.

    Equal curves at equal costs count once, as one that waits if any of them does.

    Args:
        race: The trials so far; rates need one at its end.
    """

    def __init__(self, race: Race) -> None:
        self._epochs = race.epochs
        self._known = _distinct(race)
        self._curves = Curves([c.accuracies for c in self._known], race.epochs)
        columns = zip(*(c.costs for c in self._known), strict=True)
        self._ranges = [(min(column), max(column)) for column in columns]
        self._ended = [c for c in self._known if c.epoch >= race.epochs]
        finals = [self._final(c) for c in self._ended] or [0.0]
        self._reference = reference_accuracy(finals)
        self._unit = max(finals) - self._reference

    @property
    def num_ended(self) -> int:
        """How many different trials are at their end."""
        return len(self._ended)

    def forecast(self, contender: Contender) -> Forecast | None:
        """Return what is to be expected of a trial; None where its curve cannot be read."""
        return self._curves.forecast(contender.accuracies)

    def of(self, waiting: Sequence[tuple[Contender, Forecast]]) -> list[float]:
        """Return the rate of each of those that wait, were it alone to go on."""
        trials, forecasts = zip(*waiting, strict=True)
        means = [forecast.mean for forecast in forecasts]
        sds = [forecast.variance**0.5 for forecast in forecasts]
        gains = self._improvements(trials, means, sds, self._attained)
        left = [self._epochs - trial.epoch for trial in trials]
        return [_rounded(gain / epochs) for gain, epochs in zip(gains, left, strict=True)]

    @cached_property
    def of_a_new_one(self) -> float:
        """The rate of a new trial, all that wait still having their chance.

        A new one is like those begun last: its accuracy and costs are drawn from theirs, the
        accuracy with the kernel of Scott's rule about it (SD times n to the power of -1/5).
        """
        trials, means = zip(*islice(self._expected(reversed(self._known)), _LATEST), strict=True)
        width = float(np.std(means)) * len(means) ** -0.2
        waiting = list(self._expected(c for c in self._known if c.waits))
        both = self._attained
        if waiting:
            costs = self._costs([trial for trial, _ in waiting])
            expected = self._scaled([mean for _, mean in waiting])
            both = front_of(np.append(both.accuracies, expected), np.vstack((both.costs, costs)))
        gains = self._improvements(trials, means, [width] * len(means), both)
        return _rounded(float(gains.mean()) / self._epochs)

    @cached_property
    def _attained(self) -> Front:
        """The front of what has come to its end."""
        finals = self._scaled([self._final(c) for c in self._ended])
        return front_of(finals, self._costs(self._ended))

    def _expected(self, trials: Iterable[Contender]) -> Iterator[tuple[Contender, float]]:
        """Yield trials with the final accuracy that they have or that is to be expected."""
        for trial in trials:
            if trial.epoch >= self._epochs:
                yield trial, self._final(trial)
            elif forecast := self.forecast(trial):
                yield trial, forecast.mean

    def _final(self, trial: Contender) -> float:
        return trial.accuracies[self._epochs - 1]

    def _improvements(
        self,
        trials: Sequence[Contender],
        means: Sequence[float],
        sds: Sequence[float],
        front: Front,
    ) -> Array:
        spread = np.array(sds) / self._unit
        return expected_improvement(self._scaled(means), spread, self._costs(trials), front, 0.0)

    def _scaled(self, accuracies: Sequence[float]) -> Array:
        return (np.array(accuracies) - self._reference) / self._unit

    def _costs(self, trials: Sequence[Contender]) -> Array:
        return scaled_costs([trial.costs for trial in trials], self._ranges)


def _distinct(race: Race) -> list[Contender]:
    """Return one of each set of equals, by its lowest number: the order of a race says nothing."""
    found: dict[tuple[Point, Point], Contender] = {}
    for contender in sorted(race.contenders, key=lambda c: c.trial):
        key = (contender.costs, contender.accuracies)
        if key not in found or (contender.waits and not found[key].waits):
            found[key] = contender
    return list(found.values())


def _rounded(rate: float) -> float:
    return round(rate, _DECIMALS)

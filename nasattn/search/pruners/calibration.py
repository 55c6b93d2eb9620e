"""How accuracies at an epoch relate to final ones, from the trials trained to their end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nasattn.search.pruners.race import Race

# So many trials speak for a slope of 1 before any is seen; three are needed for an error.
_PRIOR_TRIALS, _FEWEST = 2.0, 3
# No data set tells less apart.
_LEAST_SD = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """The regression final = mean_final + slope · (now - mean_now) + error.

    Attributes:
        num: Of trials behind it.
        mean_now: Their mean accuracy at the epoch.
        mean_final: Their mean final accuracy.
        slope: Drawn to 1 as if by two further trials; not below 0.
        sd: Standard deviation of the error.
        spread: Sum of the squared deviations from ``mean_now``.
    """

    num: int
    mean_now: float
    mean_final: float
    slope: float
    sd: float
    spread: float

    def expected(self, now: float) -> float:
        """Return the final accuracy to be expected of a trial."""
        return self.mean_final + self.slope * (now - self.mean_now)

    def sd_of(self, now: float) -> float:
        """Return the standard deviation of the final accuracy about the expected one."""
        return self.sd * math.sqrt(1 + 1 / self.num + (now - self.mean_now) ** 2 / self.spread)


def calibrate(race: Race, epoch: int) -> Calibration | None:
    """Relate the accuracies at an epoch to the final ones; None where too few tell of it."""
    last = race.epochs - 1
    ended = {(c.at(epoch), c.accuracies[last]) for c in race.reached(race.epochs)}
    pairs = sorted((-point[0], final) for point, final in ended)
    return _fit(pairs) if len(pairs) >= _FEWEST else None


def _fit(pairs: Sequence[tuple[float, float]]) -> Calibration | None:
    now, final = np.array(pairs).T
    deviations = now - now.mean()
    spread = float(deviations @ deviations)
    if spread < _LEAST_SD**2:
        return None
    num = len(now)
    slope = (deviations @ (final - final.mean()) / spread * num + _PRIOR_TRIALS) / (
        num + _PRIOR_TRIALS
    )
    slope = max(float(slope), 0.0)
    errors = final - final.mean() - slope * deviations
    sd = max(math.sqrt(float(errors @ errors) / (num - 2)), _LEAST_SD)
    return Calibration(num, float(now.mean()), float(final.mean()), slope, sd, spread)

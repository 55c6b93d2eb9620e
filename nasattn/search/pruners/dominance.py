"""Stopping by the chance of ending on the front."""

import math
from typing import Literal, Self

import numpy as np
from pydantic import Field
from scipy.special import stdtr

from nasattn.search.pruners.calibration import Calibration, calibrate
from nasattn.search.pruners.pruner import Pruner, Stop, Verdict, early, resolved_epoch
from nasattn.search.pruners.race import Contender, Race
from nasattn.search.pruners.words import standing

# From one look to the next; each look takes its share of delta.
_STEP = 1.5


class DominancePruner(Pruner):
    """Stops a trial whose chance of ending on the front has become small.

    Costs are exact before training: a trial ends on the front only if it ends more accurate than
    the best that is trained to its end and no dearer. How far that is to be expected follows from
    the trials trained to their end (see ``Calibration``). A small chance alone would stop most
    trials as soon as the best is far better than most, even if curves said nothing. So the
    trial must also be less accurate now than one that will equal the best would be, with the same
    chance. What is called the chance is the larger of both.

    It looks a few times in a training, each about 1.5 times as late as the one before, and shares
    ``delta`` among its looks: of the trials that would have ended on the front, not more than
    that share is stopped at any of them.

    Args:
        delta: See above.
        first_epoch: Of its first look; left out: after a ninth of the training.
        startup_trials: So many must be trained to their end first.
    """

    name: Literal["dominance"] = "dominance"
    delta: float = Field(default=0.1, gt=0, lt=1)
    first_epoch: int | None = Field(default=None, ge=1)
    startup_trials: int = Field(default=5, ge=3)

    def resolved(self, epochs: int) -> Self:
        """Decide on the first look; see ``Pruner``."""
        first = resolved_epoch("first_epoch", self.first_epoch, early(epochs), epochs)
        return self.model_copy(update={"first_epoch": first})

    def looks(self, epochs: int) -> tuple[int, ...]:
        """Return the epochs at which it looks, rising, all before the last one."""
        found, look = [], self.first_epoch or early(epochs)
        while look < epochs:
            found.append(look)
            look = max(look + 1, round(_STEP * look))
        return tuple(found)

    def _looks_at(self, epoch: int, epochs: int) -> bool:
        return epoch in self.looks(epochs)

    def _judge(self, race: Race, asked: Contender) -> Verdict:
        epoch = asked.epoch
        best, calibration = _best(race, asked), calibrate(race, epoch)
        if best is None or calibration is None or calibration.num < self.startup_trials:
            return None
        now = sorted(-accuracy for accuracy, *_ in race.points(epoch))
        target = best.accuracies[race.epochs - 1]
        chance = chance_of(asked.accuracies[-1], target, calibration, now)
        if chance >= self.delta / len(self.looks(race.epochs)):
            return None
        return Stop(
            f"epoch {epoch}: {standing(asked, epoch, race)}; trial {best.trial} ended at "
            f"{standing(best, race.epochs, race)}; chance of the front {100 * chance:.2g} %"
        )


def _best(race: Race, asked: Contender) -> Contender | None:
    """Return the most accurate of those at their end that are no dearer, if there is one."""
    ended = (c for c in race.reached(race.epochs) if c.is_no_dearer(asked))
    return min(ended, key=lambda c: (c.at(race.epochs), c.trial), default=None)


def chance_of(now: float, target: float, calibration: Calibration, seen: list[float]) -> float:
    """Return the chance that a trial ends above ``target``, taken from both sides.

    Args:
        now: Its accuracy at an epoch.
        target: A final accuracy.
        calibration: Of the epoch.
        seen: The accuracies of all trials at the epoch. Those at their end are a choice of them,
            by the accuracy at the epoch: that leaves the regression of final on present
            accuracies as it is, but not the present ones of those with a given final one,
            which follow from the regression and from all that were seen.
    """
    freedom = calibration.num - 2
    ahead = _below(calibration.expected(now) - target, calibration.sd_of(now), freedom)
    mean, variance = float(np.mean(seen)), float(np.var(seen))
    noise = calibration.sd**2
    final_variance = calibration.slope**2 * variance + noise
    back = calibration.slope * variance / final_variance
    usual = mean + back * (target - calibration.expected(mean))
    sd = math.sqrt(variance * noise / final_variance * (1 + 1 / len(seen)))
    return max(ahead, _below(now - usual, sd, freedom))


def _below(difference: float, sd: float, freedom: int) -> float:
    """Return the share of Student's distribution below a difference of that many sd."""
    return float(stdtr(freedom, difference / sd)) if sd else float(difference >= 0)

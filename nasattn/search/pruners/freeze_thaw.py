"""Freeze-thaw: the next epochs go where they promise the front most."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, Self

from pydantic import Field

from nasattn.search.pruners.pruner import Pause, Pruner, Verdict, early, resolved_epoch
from nasattn.search.pruners.race import Contender, Race
from nasattn.search.pruners.rates import Rates
from nasattn.search.pruners.words import standing
from nasattn.surrogate.curves import Forecast


class FreezeThawPruner(Pruner):
    """Pauses a trial while a new one, or another that waits, promises more for each epoch.

    What a trial promises is the expected improvement of the front's hypervolume, divided by the
    epochs that it lacks: its costs are exact, its final accuracy is forecast from its curve by
    lines through the curves of all others. A new trial is taken to be like those begun last. It
    is asked after a ninth, a third and two thirds of the training. No trial is stopped for good:
    what waits goes on as soon as it promises most.

    Where curves say too little of their end it does nothing: nothing is paused at an epoch at
    which they explain less than ``least_explained`` of the final accuracies' variance, and what
    waits at such an epoch goes on before all else.

    A study begins as many trials as its total says; when all are begun, those that still wait and
    promise less than a new one would end as pruned.

    Source: Swersky, Snoek & Adams, "Freeze-thaw Bayesian optimization" (arXiv:1406.3896), sec. 4,
    with this rate in place of the entropy of the minimum.

    Args:
        first_epoch: Where it first looks; left out: after a ninth of the training.
        least_explained: See above.
        startup_trials: So many must be trained to their end first.
    """

    name: Literal["freeze-thaw"] = "freeze-thaw"
    first_epoch: int | None = Field(default=None, ge=1)
    least_explained: float = Field(default=0.3, ge=0, lt=1)
    startup_trials: int = Field(default=5, ge=4)

    def resolved(self, epochs: int) -> Self:
        """Decide on the first epoch; see ``Pruner``."""
        first = resolved_epoch("first_epoch", self.first_epoch, early(epochs), epochs)
        return self.model_copy(update={"first_epoch": first})

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """Return the epochs at which it looks, rising, all before the last one."""
        first = self.first_epoch or early(epochs)
        later = (-(-epochs // 3), -(-2 * epochs // 3))
        return tuple(sorted({rung for rung in (first, *later) if first <= rung < epochs}))

    def promoted(self, race: Race) -> int | None:
        """Return the waiting trial that promises most, if that is more than a new one does."""
        waiting = _waiting(race)
        return self._next(waiting, Rates(race)) if waiting else None

    def _looks_at(self, epoch: int, epochs: int) -> bool:
        return epoch in self.rungs(epochs)

    def _judge(self, race: Race, asked: Contender) -> Verdict:
        others = tuple(c for c in race.contenders if c.trial != asked.trial)
        asked = replace(asked, waits=True)
        waiting = replace(race, contenders=(*others, asked))
        rates = Rates(waiting)
        forecast = self._forecast(asked, rates)
        if forecast is None or self._next(_waiting(waiting), rates) == asked.trial:
            return None
        (own,) = rates.of([(asked, forecast)])
        return Pause(
            f"waits at epoch {asked.epoch}, with {standing(asked, asked.epoch, race)}: will end at "
            f"about {100 * forecast.mean:.2f} ± {100 * forecast.variance**0.5:.2f} %, and promises "
            f"{own:.2g} of hypervolume an epoch, a new trial {rates.of_a_new_one:.2g}"
        )

    def _next(self, waiting: Sequence[Contender], rates: Rates) -> int | None:
        forecasts = [(c, self._forecast(c, rates)) for c in waiting]
        read = [(c, forecast) for c, forecast in forecasts if forecast]
        if len(read) < len(forecasts):
            return next(c.trial for c, forecast in forecasts if forecast is None)
        promise, trial = max(
            (rate, -c.trial) for c, rate in zip(waiting, rates.of(read), strict=True)
        )
        return -trial if promise > rates.of_a_new_one else None

    def _forecast(self, contender: Contender, rates: Rates) -> Forecast | None:
        """Return what is to be expected of a trial; None where that is too little."""
        if rates.num_ended < self.startup_trials:
            return None
        found = rates.forecast(contender)
        return found if found and found.explained >= self.least_explained else None


def _waiting(race: Race) -> list[Contender]:
    return sorted((c for c in race.contenders if c.waits), key=lambda c: c.trial)

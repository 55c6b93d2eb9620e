"""The median rule, among trials that are no dearer."""

from statistics import median
from typing import Literal, Self

from pydantic import Field

from nasattn.search.pruners.pruner import Pruner, Stop, Verdict, early, resolved_epoch
from nasattn.search.pruners.race import Contender, Race
from nasattn.search.pruners.words import standing


class MedianPruner(Pruner):
    """Stops a trial that is less accurate than the median of those with equal or lower costs.

    They are compared after the same epoch; where two are equal in accuracy and costs, one of them
    counts. None that is no dearer is more accurate than a trial on the front of the epoch, which
    thus always goes on.

    Source: the median rule of Golovin et al., "Google Vizier" (KDD 2017), sec. 3.2.2, restricted.

    Args:
        first_epoch: Where it first looks; left out: after a ninth of the training.
        startup_trials: Fewer others than this are no evidence.
    """

    name: Literal["median"] = "median"
    first_epoch: int | None = Field(default=None, ge=1)
    startup_trials: int = Field(default=4, ge=1)

    def resolved(self, epochs: int) -> Self:
        """Decide on the first epoch; see ``Pruner``."""
        first = resolved_epoch("first_epoch", self.first_epoch, early(epochs), epochs)
        return self.model_copy(update={"first_epoch": first})

    def _looks_at(self, epoch: int, epochs: int) -> bool:
        return epoch >= (self.first_epoch or early(epochs))

    def _judge(self, race: Race, asked: Contender) -> Verdict:
        epoch = asked.epoch
        peers = {c.at(epoch) for c in race.reached(epoch) if c.is_no_dearer(asked)}
        others = [-point[0] for point in peers - {asked.at(epoch)}]
        if len(others) < self.startup_trials or asked.accuracies[-1] >= median(others):
            return None
        return Stop(
            f"epoch {epoch}: {standing(asked, epoch, race)}; the median of {len(others)} trials "
            f"that are no dearer is {100 * median(others):.2f} %"
        )

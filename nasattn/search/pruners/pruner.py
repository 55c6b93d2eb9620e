"""What every pruner answers."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

from nasattn.errors import UserError
from nasattn.schema import Strict
from nasattn.search.pruners.race import Contender, Race


@dataclass(frozen=True, slots=True)
class Stop:
    """The trial ends here, as pruned, for a reason in words and numbers."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pause:
    """The trial waits here until it is promoted."""

    reason: str


Verdict = Stop | Pause | None


class Pruner(Strict):
    """Says which trials are not worth their next epoch; its fields are its table in a study.

    All answers are functions of the trials so far alone. The order of the trials, a trial that is
    listed twice and the unit of a cost change none of them. Never stopped or paused are trial 0
    (the bare backbone), trials that are exempt, and any after its last epoch.

    Args:
        name: By which a study asks for it.
    """

    name: str

    def verdict(self, race: Race, trial: int) -> Verdict:
        """Return what becomes of a trial after the last epoch of its curve; None: it goes on."""
        asked = race.find(trial)
        if trial == 0 or asked.exempt or not self.looks_at(asked.epoch, race.epochs):
            return None
        return self._judge(race, asked)

    def looks_at(self, epoch: int, epochs: int) -> bool:
        """Tell whether a verdict after an epoch of so many may be anything but None."""
        return 0 < epoch < epochs and self._looks_at(epoch, epochs)

    def promoted(self, race: Race) -> int | None:
        """Return which of the waiting trials goes on next, or None: a new one is begun."""
        del race
        return None

    def resolved(self, epochs: int) -> Self:
        """Return the pruner with everything decided that depends on the epochs of a training.

        Raises:
            UserError: it would first look when all is over.
        """
        del epochs
        return self

    @abstractmethod
    def _looks_at(self, epoch: int, epochs: int) -> bool: ...

    @abstractmethod
    def _judge(self, race: Race, asked: Contender) -> Verdict: ...


def resolved_epoch(key: str, epoch: int | None, default: int, epochs: int) -> int:
    """Return the epoch at which a pruner first looks, ``default`` where none is given.

    Raises:
        UserError: it is not before the last.
    """
    if epoch is not None and epoch >= epochs:
        raise UserError(
            f"search.pruner.{key} = {epoch}: must be below the recipe's epochs = {epochs}"
        )
    return default if epoch is None else epoch


def early(epochs: int) -> int:
    """Return a ninth of a training, the epoch before which curves say too little to stop one."""
    return -(-epochs // 9)

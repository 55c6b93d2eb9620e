"""No early stopping."""

from typing import Literal

from nasattn.search.pruners.pruner import Pruner, Verdict
from nasattn.search.pruners.race import Contender, Race


class NonePruner(Pruner):
    """Lets every trial be trained to its end."""

    name: Literal["none"] = "none"

    def _looks_at(self, epoch: int, epochs: int) -> bool:
        del epoch, epochs
        return False

    def _judge(self, race: Race, asked: Contender) -> Verdict:
        del race, asked
        return None

"""What both types of multi-objective successive halving share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self

from pydantic import Field

from nasattn.search.pruners.fronts import Order, crowding, epsilon_net
from nasattn.search.pruners.pruner import Pruner, resolved_epoch

ORDERS: Mapping[str, Order] = MappingProxyType({"epsilon-net": epsilon_net, "crowding": crowding})


class Asha(Pruner):
    """Compares trials by (accuracy, costs) at rungs: the first one, and eta times the one before.

    At a rung trials are sorted by non-domination; points that are equal count once. Those on the
    first front all go on. Of the others one in ``eta`` does, front by front; where a front does
    not go on as a whole, an order inside it decides, in which every objective runs from 0 to 1
    over the rung (costs by their logarithm).

    Source: Schmucker et al., "Multi-objective asynchronous successive halving"
    (arXiv:2106.12639), with the first front kept whole.

    Args:
        eta: See above.
        first_rung: The epoch of the first rung; left out: so that the second but one after it
            would be the whole training.
        order: ``epsilon-net`` spreads over the front from the most accurate on; ``crowding`` is
            NSGA-II's distance.
    """

    eta: int = Field(default=3, ge=2)
    first_rung: int | None = Field(default=None, ge=1)
    order: Literal["epsilon-net", "crowding"] = "epsilon-net"

    def resolved(self, epochs: int) -> Self:
        """Decide on the first rung; see ``Pruner``."""
        first = resolved_epoch("first_rung", self.first_rung, self._default_rung(epochs), epochs)
        return self.model_copy(update={"first_rung": first})

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """Return the epochs of the rungs, rising, all before the last epoch."""
        found, rung = [], self.first_rung or self._default_rung(epochs)
        while rung < epochs:
            found.append(rung)
            rung *= self.eta
        return tuple(found)

    def _looks_at(self, epoch: int, epochs: int) -> bool:
        return epoch in self.rungs(epochs)

    def _default_rung(self, epochs: int) -> int:
        return -(-epochs // self.eta**2)

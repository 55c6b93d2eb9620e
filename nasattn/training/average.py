"""An exponential moving average of a network's weights."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from nasattn.training.network_state import network_state, restore_network


class AveragedNetwork:
    """A copy of a network that holds the moving average of its parameters and float buffers.

    The first update copies the weights, so that no share of the random start remains in the
    average. Buffers of whole numbers (BatchNorm's count of batches) are copied at every update.

    Args:
        network: What is averaged; its tensors must from now on be changed in place only.
        decay: Share of the old average at each update; 0 keeps the weights themselves.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = deepcopy(network)
        self._mix = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]  # torch's lacks types
        self._num_updates = 0
        pairs = list(zip(_tensors(self.network), _tensors(network), strict=True))
        self._floats = [pair for pair in pairs if pair[0].is_floating_point()]
        self._whole = [pair for pair in pairs if not pair[0].is_floating_point()]

    @torch.no_grad()
    def update(self) -> None:
        """Take the network's present weights into the average."""
        averages, weights = [a for a, _ in self._floats], [w for _, w in self._floats]
        if self._num_updates == 0:
            _copy(self._floats)
        else:
            self._mix(averages, weights, self._num_updates)
        _copy(self._whole)
        self._num_updates += 1

    def state(self) -> dict[str, Any]:
        """Return the averaged network's state and the number of updates."""
        return {"network": network_state(self.network), "num_updates": self._num_updates}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state of the same network."""
        restore_network(self.network, state["network"])
        self._num_updates = state["num_updates"]

    @torch.no_grad()
    def write_back(self) -> None:
        """Give the network itself the averaged weights."""
        _copy([(weight, average) for average, weight in (*self._floats, *self._whole)])


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]


def _copy(pairs: list[tuple[Tensor, Tensor]]) -> None:
    for target, source in pairs:
        target.copy_(source)

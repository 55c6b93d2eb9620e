"""An exponential moving average of a network's weights."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


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

    @torch.no_grad()
    def write_back(self) -> None:
        """Give the network itself the averaged weights."""
        _copy([(weight, average) for average, weight in (*self._floats, *self._whole)])


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]


def _copy(pairs: list[tuple[Tensor, Tensor]]) -> None:
    for target, source in pairs:
        target.copy_(source)

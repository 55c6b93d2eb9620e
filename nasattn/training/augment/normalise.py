"""Pixels from 0 to 255 as a network takes them."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Normalise:
    """Pixels to float32 with mean 0 and deviation 1 in each channel of the training set.

    Args:
        mean: Mean of each channel, from 0 to 1.
        std: Standard deviation of each channel, in the same units.
        device: Where the images are.
        channels_last: Memory format of the result.
    """

    def __init__(
        self,
        mean: Sequence[float],
        std: Sequence[float],
        device: torch.device,
        *,
        channels_last: bool,
    ) -> None:
        means, deviations = torch.tensor([mean, std], dtype=torch.float64).view(2, 1, -1, 1, 1)
        self._scale = (1 / (255 * deviations)).float().to(device)
        self._shift = (-means / deviations).float().to(device)
        self._format = torch.channels_last if channels_last else torch.contiguous_format

    def __call__(self, images: Tensor) -> Tensor:
        """Return ``(N, C, H, W)`` float32 of uint8 images; those in float32 are overwritten."""
        scaled = images.to(torch.float32, memory_format=self._format)
        return scaled.mul_(self._scale).add_(self._shift)

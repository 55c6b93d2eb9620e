"""Random crop and flip of a whole batch at once, on uint8 images, and their normalisation."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

MAX_PADDING = 4


def padding(side: int) -> int:
    """Return by how many pixels a crop may shift along ``side``.

    >>> [padding(side) for side in (8, 16, 32, 224)]
    [1, 2, 4, 4]
    """
    return min(MAX_PADDING, max(1, side // 8))


@dataclass(frozen=True, eq=False, slots=True)
class Moves:
    """What happens to each image of an epoch, drawn before it.

    Args:
        down: ``(N,)``, int64: by how many pixels the window into the padded image is moved down,
            from 0 to twice the padding; the padding itself leaves the image where it is.
        right: ``(N,)``, int64: the same to the right.
        mirrored: ``(N,)``, bool: whether left and right are exchanged.
    """

    down: Tensor
    right: Tensor
    mirrored: Tensor

    def take(self, indices: slice) -> "Moves":
        """Return the moves of some images."""
        return Moves(self.down[indices], self.right[indices], self.mirrored[indices])

    def to(self, device: torch.device) -> "Moves":
        """Return the same moves on ``device``."""
        return Moves(self.down.to(device), self.right.to(device), self.mirrored.to(device))


def draw_moves(
    num_images: int, size: tuple[int, int], augment: Sequence[str], generator: torch.Generator
) -> Moves:
    """Draw the moves of ``num_images`` images of ``size`` (H, W) from a CPU generator.

    Without ``crop`` nothing is shifted, without ``flip`` nothing mirrored; the other of the two
    is drawn alike in either case.
    """
    pads = [padding(side) for side in size]
    down = torch.randint(0, 2 * pads[0] + 1, (num_images,), generator=generator)
    right = torch.randint(0, 2 * pads[1] + 1, (num_images,), generator=generator)
    mirrored = torch.rand(num_images, generator=generator) < 0.5
    if "crop" not in augment:
        down, right = torch.full_like(down, pads[0]), torch.full_like(right, pads[1])
    if "flip" not in augment:
        mirrored = torch.zeros_like(mirrored)
    return Moves(down, right, mirrored)


def moved(images: Tensor, moves: Moves) -> Tensor:
    """Apply ``moves`` to ``(N, C, H, W)`` uint8 images; what comes in from outside is black.

    The result has the same shape and its channels last in memory.
    """
    height, width = images.shape[2:]
    pad_down, pad_right = padding(height), padding(width)
    padded = F.pad(images, (pad_right, pad_right, pad_down, pad_down))
    columns = torch.arange(width, device=images.device)
    columns = torch.where(moves.mirrored[:, None], columns.flip(0), columns)
    columns = columns + moves.right[:, None]
    rows = torch.arange(height, device=images.device) + moves.down[:, None]
    index = torch.arange(len(images), device=images.device)[:, None, None]
    # Indices around a slice put the sliced axis last: (N, H, W, C).
    gathered = padded[index, :, rows[:, :, None], columns[:, None, :]]
    return gathered.permute(0, 3, 1, 2)


class Normalise:
    """uint8 images to float32 with mean 0 and deviation 1 in each channel of the training set.

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
        """Return ``(N, C, H, W)`` float32 of ``(N, C, H, W)`` uint8."""
        scaled = images.to(torch.float32, memory_format=self._format)
        return scaled.mul_(self._scale).add_(self._shift)

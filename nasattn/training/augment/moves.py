"""Random crop and flip of a whole batch at once, on whole pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from nasattn.training.augment.per_image import PerImage

MAX_PADDING = 4


def padding(side: int) -> int:
    """Return by how many pixels a crop may shift along ``side``.

    >>> [padding(side) for side in (8, 16, 32, 224)]
    [1, 2, 4, 4]
    """
    return min(MAX_PADDING, max(1, side // 8))


@dataclass(frozen=True, eq=False, slots=True)
class Moves(PerImage):
    """How each image is shifted and mirrored.

    Args:
        down: ``(N,)``, int64: by how many pixels the window into the padded image is moved down,
            from 0 to twice the padding; the padding itself leaves the image where it is.
        right: ``(N,)``, int64: the same to the right.
        mirrored: ``(N,)``, bool: whether left and right are exchanged.
    """

    down: Tensor
    right: Tensor
    mirrored: Tensor


def draw_moves(
    num_images: int, size: tuple[int, int], augment: Sequence[object], generator: torch.Generator
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
    """Apply ``moves`` to ``(N, C, H, W)`` images; what comes in from outside is black.

    The result has the same shape and type and its channels last in memory.
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

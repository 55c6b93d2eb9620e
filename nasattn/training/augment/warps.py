"""Window, flip and rotation of a whole batch by one bilinear sampling."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from nasattn.training.augment.moves import Moves, padding
from nasattn.training.augment.per_image import PerImage
from nasattn.training.augment.settings import Rotation


@dataclass(frozen=True, eq=False, slots=True)
class Warps(PerImage):
    """Where the pixels of each image come from: a window is cut, then mirrored, then turned.

    Args:
        window: ``(N, 4)``, float32: top, left, height and width of the part of the image that
            fills the result, in pixels. What of it is outside the image is black.
        mirrored: ``(N,)``, bool: whether left and right are exchanged.
        angle: ``(N,)``, float32: by how many radians the result is turned counter-clockwise about
            its centre; what comes in from outside the window is black.
    """

    window: Tensor
    mirrored: Tensor
    angle: Tensor


def draw_angles(num_images: int, settings: Rotation, generator: torch.Generator) -> Tensor:
    """Draw ``(N,)`` angles in radians from a CPU generator."""
    turns = 2 * torch.rand(num_images, generator=generator) - 1
    return torch.deg2rad(settings.degrees * turns)


def windows_of(moves: Moves, size: tuple[int, int]) -> Tensor:
    """Return the windows ``(N, 4)`` of shifts by whole pixels of images of ``size`` (H, W)."""
    top, left = moves.down - padding(size[0]), moves.right - padding(size[1])
    height, width = (torch.full_like(top, side) for side in size)
    return torch.stack([top, left, height, width], 1).float()


def warped(images: Tensor, warps: Warps) -> Tensor:
    """Apply ``warps`` to ``(N, C, H, W)`` images; the result is float32 of the same shape.

    Rotations alone and windows alone equal torchvision's ``rotate`` and ``resized_crop``
    (bilinear); together they are sampled once where torchvision would sample twice.
    """
    height, width = images.shape[2:]
    # Distances from the centre, of pixel centres; the y axis points down.
    across = torch.arange(width, device=images.device) + (0.5 - width / 2)
    down = (torch.arange(height, device=images.device) + (0.5 - height / 2))[:, None]
    cosine, sine = warps.angle.cos()[:, None, None], warps.angle.sin()[:, None, None]
    x = across * cosine - down * sine + width / 2
    y = across * sine + down * cosine + height / 2
    inside = _inside(x, width) * _inside(y, height)
    x = torch.where(warps.mirrored[:, None, None], width - x, x)
    top, left, tall, wide = warps.window.T[..., None, None]
    grid = torch.stack([_along(x, left, wide, width), _along(y, top, tall, height)], -1)
    sampled = F.grid_sample(images.float(), grid, padding_mode="zeros", align_corners=False)
    return sampled * inside[:, None]


def _inside(place: Tensor, side: int) -> Tensor:
    """Return 1 inside the result, 0 outside, with a ramp of one pixel's width at the edge."""
    return (place + 0.5).clamp(0, 1) * (side + 0.5 - place).clamp(0, 1)


def _along(place: Tensor, start: Tensor, length: Tensor, side: int) -> Tensor:
    """Map places in the result into the window, and write them as ``grid_sample`` takes them.

    They stay between the centres of its first and last pixel: outside is ``_inside``'s matter.
    """
    mapped = start + place * (length / side)
    mapped = torch.minimum(torch.maximum(mapped, start + 0.5), start + length - 0.5)
    return mapped * (2 / side) - 1

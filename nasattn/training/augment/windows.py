"""The windows of random resized crops."""

import math

import torch
from torch import Tensor

from nasattn.training.augment.settings import ResizedCrop

_ATTEMPTS = 10


def draw_windows(
    num_images: int, size: tuple[int, int], settings: ResizedCrop, generator: torch.Generator
) -> Tensor:
    """Draw the windows of ``num_images`` images of ``size`` (H, W) from a CPU generator.

    Returns:
        ``(N, 4)``, float32: top, left, height and width, whole pixels inside the image.
    """
    area = size[0] * size[1]
    shares, ratios = torch.rand(2, num_images, _ATTEMPTS, generator=generator)
    shares = settings.scale[0] + (settings.scale[1] - settings.scale[0]) * shares
    low, high = map(math.log, settings.ratio)
    ratios = (low + (high - low) * ratios).exp()
    sides = torch.stack([(area * shares / ratios).sqrt(), (area * shares * ratios).sqrt()]).round()
    limits = torch.tensor(size).view(2, 1, 1)
    fits = ((sides >= 1) & (sides <= limits)).all(0)
    first = fits.int().argmax(1, keepdim=True)  # the first of those that fit
    chosen = sides.gather(2, first.expand(2, -1, -1)).squeeze(2)
    central = torch.tensor(_largest(size, settings.ratio), dtype=torch.float32).view(2, 1)
    chosen = torch.where(fits.any(1), chosen, central)
    free = limits.squeeze(2) - chosen
    places = (torch.rand(2, num_images, generator=generator) * (free + 1)).floor()
    places = torch.where(fits.any(1), places, (free / 2).floor())
    return torch.cat([places, chosen]).T.contiguous()


def _largest(size: tuple[int, int], ratio: tuple[float, float]) -> tuple[int, int]:
    """Return height and width of the largest window with allowed proportions."""
    height, width = size
    if width / height < ratio[0]:
        return round(width / ratio[0]), width
    if width / height > ratio[1]:
        return height, round(height * ratio[1])
    return size

"""Colour jitter of a whole batch at once."""

from dataclasses import dataclass

import torch
from torch import Tensor

from nasattn.data import grey_of
from nasattn.training.augment.per_image import PerImage
from nasattn.training.augment.settings import Jitter

_BRIGHTNESS, _CONTRAST, _SATURATION = range(3)


@dataclass(frozen=True, eq=False, slots=True)
class Jitters(PerImage):
    """Three stages for each image: ``keep · pixel + to_mean · mean grey + to_grey · grey``.

    A stage is brightness, contrast or saturation; every image has its own order of them.

    Args:
        keep: ``(N, 3)``, float32: the stage's factor.
        to_mean: ``(N, 3)``: 1 - factor where the stage is contrast, else 0.
        to_grey: ``(N, 3)``: 1 - factor where the stage is saturation, else 0.
    """

    keep: Tensor
    to_mean: Tensor
    to_grey: Tensor


def draw_jitters(num_images: int, settings: Jitter, generator: torch.Generator) -> Jitters:
    """Draw factors and orders from a CPU generator; all six orders are equally likely."""
    strengths = torch.tensor([settings.brightness, settings.contrast, settings.saturation])
    low = (1 - strengths).clamp(min=0)
    factors = low + (1 + strengths - low) * torch.rand(num_images, 3, generator=generator)
    order = torch.rand(num_images, 3, generator=generator).argsort(1)
    keep = factors.gather(1, order)
    return Jitters(keep, (1 - keep) * (order == _CONTRAST), (1 - keep) * (order == _SATURATION))


def jittered(images: Tensor, jitters: Jitters) -> Tensor:
    """Return ``(N, C, H, W)`` float32, from 0 to 255 as ``images`` are."""
    pixels = images.float()
    stages = [values.T[..., None, None, None] for values in _fields(jitters)]
    for keep, to_mean, to_grey in zip(*stages, strict=True):
        grey = grey_of(pixels)
        toward = grey * to_grey + grey.mean((2, 3), keepdim=True) * to_mean
        pixels = torch.addcmul(toward, pixels, keep).clamp_(0, 255)
    return pixels


def _fields(jitters: Jitters) -> tuple[Tensor, Tensor, Tensor]:
    return jitters.keep, jitters.to_mean, jitters.to_grey

"""All that an epoch's augmentation draws, and its application."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nasattn.training.augment.jitter import Jitters, draw_jitters, jittered
from nasattn.training.augment.moves import Moves, draw_moves, moved
from nasattn.training.augment.per_image import PerImage
from nasattn.training.augment.settings import Augmentation, Jitter, ResizedCrop, Rotation, find
from nasattn.training.augment.warps import Warps, draw_angles, warped, windows_of
from nasattn.training.augment.windows import draw_windows

Streams = Callable[[str], torch.Generator]


@dataclass(frozen=True, eq=False, slots=True)
class Draws(PerImage):
    """What happens to each image of an epoch.

    Args:
        jitters: Changes of colour, if any.
        places: Changes of place, if any: on whole pixels where that is enough.
    """

    jitters: Jitters | None
    places: Moves | Warps | None


def draw(
    augment: Sequence[Augmentation], num_images: int, size: tuple[int, int], streams: Streams
) -> Draws:
    """Draw what happens to ``num_images`` images of ``size`` (H, W).

    Args:
        augment: What is asked for.
        num_images: Images in the epoch.
        size: Of each.
        streams: From a purpose to its CPU generator: each augmentation has its own, so that none
            changes what another draws.
    """
    jitter = find(augment, Jitter)
    jitters = draw_jitters(num_images, jitter, streams("jitter")) if jitter else None
    return Draws(jitters, _places(augment, num_images, size, streams))


def _places(
    augment: Sequence[Augmentation], num_images: int, size: tuple[int, int], streams: Streams
) -> Moves | Warps | None:
    crop, rotation = find(augment, ResizedCrop), find(augment, Rotation)
    if not (crop or rotation or {"crop", "flip"} & set(augment)):
        return None
    moves = draw_moves(num_images, size, augment, streams("augmentation"))
    if not (crop or rotation):
        return moves
    windows, angles = windows_of(moves, size), torch.zeros(num_images)
    if crop:
        windows = draw_windows(num_images, size, crop, streams("resized_crop"))
    if rotation:
        angles = draw_angles(num_images, rotation, streams("rotation"))
    return Warps(windows, moves.mirrored, angles)


def augmented(images: Tensor, draws: Draws) -> Tensor:
    """Return ``(N, C, H, W)`` images from 0 to 255, uint8 as they came or float32.

    First colours, then places: what comes in from outside is black.
    """
    if draws.jitters is not None:
        images = jittered(images, draws.jitters)
    if isinstance(draws.places, Warps):
        return warped(images, draws.places)
    return images if draws.places is None else moved(images, draws.places)

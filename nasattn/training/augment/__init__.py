"""Augmentation of whole batches on the device where the images are.

What is done to an image, from first to last: colour jitter, crop or resized crop, flip, rotation,
normalisation, mixup.
"""

from nasattn.training.augment.draws import Draws, augmented, draw
from nasattn.training.augment.mixup import draw_shares, mixed
from nasattn.training.augment.moves import Moves, draw_moves, moved, padding
from nasattn.training.augment.normalise import Normalise
from nasattn.training.augment.settings import Augmentation, Jitter, ResizedCrop, Rotation

__all__ = [
    "Augmentation",
    "Draws",
    "Jitter",
    "Moves",
    "Normalise",
    "ResizedCrop",
    "Rotation",
    "augmented",
    "draw",
    "draw_moves",
    "draw_shares",
    "mixed",
    "moved",
    "padding",
]

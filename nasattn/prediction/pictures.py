"""Picture files through a trained network."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from nasattn.data import Images, decode
from nasattn.errors import UserError
from nasattn.prediction.classes import Prediction, predictions
from nasattn.prediction.network import KeptNetwork

_AT_A_TIME = 256  # decoded pictures in memory


class _Fit(NamedTuple):
    """What pictures are brought to; see ``DataSpec``."""

    resize: int | None
    channels: int


def classify(kept: KeptNetwork, files: Sequence[Path], top: int) -> list[Prediction]:
    """Classify picture files of any size, prepared as pictures of an ``imagefolder`` are.

    Where the network takes squares, the shorter side is resized to theirs and the centre square is
    kept; a picture of just that size stays as it is. Colour becomes grey, or grey colour, where
    the network takes the other.

    Args:
        kept: The network.
        files: The pictures.
        top: How many classes to name of each.

    Raises:
        UserError: one is missing, cannot be decoded, or cannot be brought to the network's input.
    """
    found: list[Prediction] = []
    for start in range(0, len(files), _AT_A_TIME):
        images = _images(files[start : start + _AT_A_TIME], kept)
        found += predictions(kept.outputs(images).logits, kept.usage.classes, top)
    return found


def _images(files: Sequence[Path], kept: KeptNetwork) -> Images:
    channels, height, width = kept.usage.input_shape
    pictures = decode(files, _Fit(height if height == width else None, channels))
    for path, picture in zip(files, pictures, strict=True):
        if picture.shape[1:] != (height, width):
            raise UserError(
                f"{path}: {picture.shape[1]}×{picture.shape[2]} pixels, but the network takes "
                f"{height}×{width}; only for square inputs are pictures resized"
            )
    return Images(torch.stack(pictures), torch.zeros(len(files), dtype=torch.int64))

"""Arrays of any origin into labelled images, with checks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nasattn.data.images import Images, Source
from nasattn.errors import UserError


def as_images(images: Any, labels: Any, place: str) -> Images:
    """Check and convert a pair of arrays or tensors.

    Args:
        images: uint8, ``(N, H, W)``, ``(N, C, H, W)`` or ``(N, H, W, C)``. Of four axes the last is
            taken for the channels if it alone is at most 4 long, as in arrays of decoded pictures.
        labels: Integers, ``(N,)`` or ``(N, 1)``, counted from 0.
        place: What the arrays are called, for messages.

    Raises:
        UserError: naming the place, what came and what is allowed.
    """
    pixels = _pixels(_tensor(images, f"{place} images"), place)
    numbers = _labels(_tensor(labels, f"{place} labels"), place)
    if len(pixels) != len(numbers):
        raise UserError(f"{place}: {len(pixels)} images, but {len(numbers)} labels")
    if len(numbers) == 0:
        raise UserError(f"{place}: no images")
    return Images(pixels, numbers)


def numbered(train: Images, validation: Images | None, test: Images | None, place: str) -> Source:
    """Return a source whose classes are named by their numbers.

    Raises:
        UserError: a label is larger than the number of images, so that classes must be empty.
    """
    parts = [part for part in (train, validation, test) if part is not None]
    largest = max(int(part.labels.max()) for part in parts)
    count = sum(map(len, parts))
    if largest >= count:
        raise UserError(
            f"{place}: a label is {largest}, but classes count from 0 and each must have images; "
            f"there are {count}"
        )
    classes = tuple(str(label) for label in range(largest + 1))
    return Source(train, validation, test, classes, place)


def _tensor(values: Any, place: str) -> Tensor:
    if isinstance(values, Tensor):
        return values.detach().cpu()
    if isinstance(values, Sequence):
        values = np.asarray(values)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
        raise UserError(f"{place}: {type(values).__name__}, but must be an array of numbers")
    if values.dtype.kind == "u" and values.dtype.itemsize > 1:
        values = values.astype(np.int64)  # torch has next to no operations on these
    return torch.from_numpy(np.ascontiguousarray(values))


def _pixels(images: Tensor, place: str) -> Tensor:
    if images.dtype != torch.uint8:
        kind = str(images.dtype).removeprefix("torch.")
        raise UserError(f"{place}: images are {kind}, but must be uint8 (0 to 255)")
    if images.ndim == 3:
        return images.unsqueeze(1)
    if images.ndim != 4:
        raise UserError(
            f"{place}: images have shape {tuple(images.shape)}, but must be "
            "(N, H, W), (N, C, H, W) or (N, H, W, C)"
        )
    channels_last = images.shape[3] <= 4 < images.shape[1]
    return images.permute(0, 3, 1, 2).contiguous() if channels_last else images.contiguous()


def _labels(labels: Tensor, place: str) -> Tensor:
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels.squeeze(1)
    if labels.ndim != 1:
        raise UserError(
            f"{place}: labels have shape {tuple(labels.shape)}, but must be (N,) or (N, 1): "
            "one class for each image"
        )
    if labels.is_floating_point() or labels.dtype == torch.bool:
        kind = str(labels.dtype).removeprefix("torch.")
        raise UserError(f"{place}: labels are {kind}, but must be integers")
    if len(labels) and int(labels.min()) < 0:
        raise UserError(f"{place}: label {int(labels.min())}, but labels count from 0")
    return labels.long()

"""Labelled images as tensors."""

from dataclasses import dataclass

import torch
from torch import Tensor

Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False, slots=True)
class Images:
    """Labelled images.

    Args:
        images: ``(N, C, H, W)``, uint8.
        labels: ``(N,)``, int64, counted from 0.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> Shape:
        """The (C, H, W) of each image."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    def take(self, indices: Tensor) -> "Images":
        """Return the images at ``indices``, in that order."""
        return Images(self.images[indices], self.labels[indices])

    def to(self, device: torch.device) -> "Images":
        """Return the same images on ``device`` (themselves where they are there already)."""
        return Images(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """What a reader found, before it is made to fit and is split.

    Args:
        train: Images to train on; validation images come from them if the set has none.
        validation: The set's own validation images, if it has any.
        test: The set's own test images; None where a fixed share of ``train`` becomes the test set.
        classes: Names of the classes, in the order of the labels.
        place: Where the images came from, for messages.
    """

    train: Images
    validation: Images | None
    test: Images | None
    classes: tuple[str, ...]
    place: str


@dataclass(frozen=True, eq=False, slots=True)
class Splits:
    """A data set, split and ready for training.

    Args:
        train: What the weights are fitted to.
        validation: What ``accuracy`` is measured on.
        test: What no choice may depend on.
        classes: Names of the classes, in the order of the labels.
        mean: Mean of each channel over ``train``, in units of the full range (0 to 1).
        std: Standard deviation of each channel over ``train``, in the same units.
    """

    train: Images
    validation: Images
    test: Images
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def to(self, device: torch.device) -> "Splits":
        """Return the same splits with every tensor on ``device``."""
        return Splits(
            self.train.to(device),
            self.validation.to(device),
            self.test.to(device),
            self.classes,
            self.mean,
            self.std,
        )


def shape_text(shape: Shape) -> str:
    """Write a shape as people do.

    >>> shape_text((3, 32, 32))
    '3×32×32'
    """
    return "×".join(str(length) for length in shape)

"""Labelled images, and the splits of a data set."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import torch
from torch import Tensor

if TYPE_CHECKING:
    from nasattn.data.files import Files

Shape = tuple[int, int, int]


class ImageSet(Protocol):
    """Labelled images of one shape, in memory or streamed."""

    @property
    def labels(self) -> Tensor:
        """``(N,)``, int64, counted from 0, on the device where the batches will be."""

    @property
    def shape(self) -> Shape:
        """The (C, H, W) of each image."""

    def __len__(self) -> int: ...

    def to(self, device: torch.device) -> Self:
        """Return the same images with their batches on ``device``."""

    def joined(self, other: Self) -> Self:
        """Return these images and after them the others."""

    def in_colour(self, channels: int) -> Self:
        """Return the same images with a grey channel repeated ``channels`` times."""

    def batches(self, order: Tensor | None, size: int) -> Iterator["Images"]:
        """Yield the images at ``order`` (all as they come if None), ``size`` at a time.

        Raises:
            FailedError: an image cannot be read; the message names it.
        """

    def sample(self) -> Tensor:
        """Return images ``(N, C, H, W)`` uint8 on the CPU that stand for all of them."""

    def identity(self) -> Iterator[bytes | memoryview]:
        """Yield what changes when an image or a label does."""


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

    def joined(self, other: "Images") -> "Images":
        """Return these images and after them the others."""
        pixels = torch.cat([self.images, other.images])
        return Images(pixels, torch.cat([self.labels, other.labels]))

    def in_colour(self, channels: int) -> "Images":
        """Return the same images with a grey channel repeated ``channels`` times."""
        if self.shape[0] != 1 or channels == 1:
            return self
        return Images(self.images.expand(-1, channels, -1, -1).contiguous(), self.labels)

    def batches(self, order: Tensor | None, size: int) -> Iterator["Images"]:
        """Yield the images at ``order`` (all as they come if None), ``size`` at a time."""
        if order is None:
            pairs = zip(torch.split(self.images, size), torch.split(self.labels, size), strict=True)
            yield from (Images(pixels, labels) for pixels, labels in pairs)
        else:
            yield from map(self.take, torch.split(order.to(self.labels.device), size))

    def sample(self) -> Tensor:
        """Return all images on the CPU."""
        return self.images.cpu()

    def identity(self) -> Iterator[bytes | memoryview]:
        """Yield shape, pixels and labels."""
        yield str(tuple(self.images.shape)).encode()
        yield self.images.contiguous().numpy().data
        yield self.labels.contiguous().numpy().data


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

    train: "Images | Files"
    validation: "Images | Files | None"
    test: "Images | Files | None"
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
        mean: Mean of each channel over ``train``, in units of the full range (0 to 1); of
            streamed images over a sample of them; or what the study says in its place.
        std: Standard deviation of each channel over ``train``, in the same units; likewise.
    """

    train: ImageSet
    validation: ImageSet
    test: ImageSet
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def in_memory(self) -> bool:
        """Whether all images are in memory; else they are streamed."""
        return isinstance(self.train, Images)

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

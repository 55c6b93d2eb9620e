"""A trained network on the images that its study has held out."""

import io
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from nasattn.data import ImageSet, grey_of, stratified_order
from nasattn.errors import UnknownNameError, UserError
from nasattn.prediction.classes import predictions
from nasattn.prediction.network import KeptNetwork
from nasattn.search.study.images import frozen_splits
from nasattn.search.study.settings import Settings

SPLITS = ("validation", "test")


@dataclass(frozen=True, slots=True)
class Seen:
    """One held-out image and what the network took it for.

    Args:
        png: The image as the network got it, but for the normalisation; a PNG file.
        truth: Its class.
        predicted: The most probable class.
        probability: That class's, from 0 to 1.
    """

    png: bytes
    truth: str
    predicted: str
    probability: float

    @property
    def is_right(self) -> bool:
        """Whether the network took it for what it is."""
        return self.predicted == self.truth


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How well a network does on a whole split.

    Args:
        split: ``validation`` or ``test``.
        num_images: All of it.
        accuracy: Share classified right, from 0 to 1.
        sample: Some of the images: a fixed choice in the proportions of the classes, the same for
            every network of a data set.
    """

    split: str
    num_images: int
    accuracy: float
    sample: tuple[Seen, ...]


def held_out(settings: Settings, split: str) -> ImageSet:
    """Return the images of one split of a frozen study.

    Raises:
        UserError: there is no such split, the study did not hold it out, or the images are not
            there any more or others.
    """
    if split not in SPLITS:
        raise UnknownNameError("split", split, SPLITS)
    if (split, settings.evaluate) == ("validation", "test"):
        raise UserError(
            f'--split validation: study "{settings.name}" has evaluate = "test" and holds out its '
            "test images only; --split test"
        )
    splits = frozen_splits(settings)
    return splits.test if split == "test" else splits.validation


def judge(kept: KeptNetwork, images: ImageSet, split: str, num_shown: int) -> HeldOut:
    """Measure a network on a whole split, and pick ``num_shown`` of its images to be shown."""
    outputs = kept.outputs(images)
    chosen = stratified_order(images.labels.cpu(), "gallery")[:num_shown]
    named = predictions(outputs.logits.cpu()[chosen], kept.usage.classes, top=1)
    truths = [kept.usage.classes[label] for label in images.labels.cpu()[chosen].tolist()]
    sample = tuple(
        Seen(png, truth, *found.top[0])
        for png, truth, found in zip(_pngs(images, chosen), truths, named, strict=True)
    )
    return HeldOut(split, len(images), outputs.scores().accuracy, sample)


def _pngs(images: ImageSet, chosen: Tensor) -> list[bytes]:
    if not len(chosen):
        return []
    (batch,) = images.batches(chosen, len(chosen))
    return list(map(_png, batch.images.cpu()))


def _png(pixels: Tensor) -> bytes:
    """Return ``(C, H, W)`` uint8 as a PNG file: three channels in colour, else grey."""
    if pixels.shape[0] != 3:
        pixels = grey_of(pixels.unsqueeze(0))[0].round().to(torch.uint8).expand(3, -1, -1)
    file = io.BytesIO()
    Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(file, "png")
    return file.getvalue()

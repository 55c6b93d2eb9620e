"""The batches of an epoch: their order, and what is done to the images."""

from collections.abc import Iterator

import torch
from torch import Tensor

from nasattn.data import Splits
from nasattn.training.augment import Normalise, augmented, draw, draw_shares, mixed
from nasattn.training.determinism import stream
from nasattn.training.recipe import Recipe

Batch = tuple[Tensor, Tensor]


def num_steps(num_images: int, batch_size: int) -> int:
    """Return how many batches an epoch has: a last one of a single image is left out."""
    full, left = divmod(num_images, batch_size)
    return full + (left > 1)


def epoch_batches(
    splits: Splits, normalise: Normalise, recipe: Recipe, seed: int, epoch: int
) -> Iterator[Batch]:
    """Yield the batches of one epoch of training on the device: images and targets.

    The images are ``(N, C, H, W)`` float32. The targets are labels ``(N,)`` int64, or under mixup
    the shares of the classes ``(N, classes)`` float32. Order and augmentation depend on
    ``seed`` and ``epoch`` alone and are drawn on the CPU: every architecture, on every device,
    sees the same images in the same order.
    """
    images, size = splits.train, recipe.batch_size
    count, device = len(images), images.labels.device
    order = torch.randperm(count, generator=stream(seed, "order", epoch))
    order = order[: count - (count % size == 1)]
    draws = draw(recipe.augment, count, images.shape[1:], lambda word: stream(seed, word, epoch))
    draws = draws.to(device)
    shares: Tensor | None = None
    if recipe.mixup:
        shares = draw_shares(count, recipe.mixup, stream(seed, "mixup", epoch)).to(device)
    for step, batch in enumerate(images.batches(order, size)):
        part = slice(step * size, (step + 1) * size)
        pixels = normalise(augmented(batch.images, draws.take(part)))
        if shares is not None:
            yield mixed(pixels, batch.labels, shares[part], len(splits.classes))
        else:
            yield pixels, batch.labels

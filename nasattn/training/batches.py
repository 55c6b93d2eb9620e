"""The batches of an epoch: their order, and what is done to the images."""

from collections.abc import Iterator

import torch
from torch import Tensor

from nasattn.data import Images
from nasattn.training.augment import Normalise, draw_moves, moved
from nasattn.training.determinism import stream
from nasattn.training.recipe import Recipe

Batch = tuple[Tensor, Tensor]


def num_steps(num_images: int, batch_size: int) -> int:
    """Return how many batches an epoch has: a last one of a single image is left out."""
    full, left = divmod(num_images, batch_size)
    return full + (left > 1)


def epoch_batches(
    images: Images, normalise: Normalise, recipe: Recipe, seed: int, epoch: int
) -> Iterator[Batch]:
    """Yield the batches of one epoch, ``(N, C, H, W)`` float32 and ``(N,)`` int64, on the device.

    Order and augmentation depend on ``seed`` and ``epoch`` alone and are drawn on the CPU: every
    architecture, on every device, sees the same images in the same order.
    """
    device = images.labels.device
    order = torch.randperm(len(images), generator=stream(seed, "order", epoch)).to(device)
    generator = stream(seed, "augmentation", epoch)
    moves = draw_moves(len(images), images.shape[1:], recipe.augment, generator).to(device)
    for step in range(num_steps(len(images), recipe.batch_size)):
        part = slice(step * recipe.batch_size, (step + 1) * recipe.batch_size)
        batch = images.take(order[part])
        pixels = moved(batch.images, moves.take(part)) if recipe.augment else batch.images
        yield normalise(pixels), batch.labels

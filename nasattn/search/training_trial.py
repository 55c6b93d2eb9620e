"""One trial: build the architecture, train it, keep its learning curve."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from nasattn.data import Images, Splits
from nasattn.placement import Architecture, build
from nasattn.search.freeze import Material
from nasattn.training import Epoch, deterministic, seed_of, train


def evaluated_splits(material: Material) -> Splits:
    """Return the images with those that accuracy is measured on as the validation part.

    With ``evaluate = "test"`` these are the test images, and all others are trained on.
    """
    splits = material.splits
    if material.settings.evaluate == "validation":
        return splits
    everything = Images(
        torch.cat([splits.train.images, splits.validation.images]),
        torch.cat([splits.train.labels, splits.validation.labels]),
    )
    return replace(splits, train=everything, validation=splits.test)


def train_architecture(
    material: Material,
    architecture: Architecture,
    repeat: int,
    device: torch.device,
    check: Callable[[], None],
) -> Iterator[Epoch]:
    """Train an architecture from scratch with the seed of one repeat.

    Args:
        material: The study.
        architecture: What to train.
        repeat: Which seed of the study; all architectures of a repeat share the backbone's
            initial weights, the order of the images and their augmentation.
        device: Where to train.
        check: Called at every step; what it raises ends the training.

    Yields:
        Each epoch when it is done.
    """
    settings = material.settings
    seed = seed_of(settings.seed, repeat)
    with deterministic(settings.execution.threads):
        network = build(architecture, settings.num_classes, seed)
        splits = evaluated_splits(material)
        yield from train(network, splits, settings.recipe, seed=seed, device=device, check=check)

"""One trial: build the architecture, train it, keep its learning curve."""

from collections.abc import Callable, Iterator

import torch

from nasattn.placement import Architecture, build
from nasattn.search.freeze import Material
from nasattn.training import Epoch, deterministic, seed_of, train


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
            initial weights, the order of the images and their augmentation. Weights from a
            file are the same in all repeats.
        device: Where to train.
        check: Called at every step; what it raises ends the training.

    Yields:
        Each epoch when it is done.
    """
    settings = material.settings
    seed = seed_of(settings.seed, repeat)
    with deterministic(settings.execution.threads):
        weights = material.weights.state if material.weights else None
        network = build(architecture, settings.num_classes, seed, weights)
        yield from train(
            network, material.splits, settings.recipe, seed=seed, device=device, check=check
        )

"""Loss and accuracy of a network on labelled images."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nasattn.data import ImageSet, Splits
from nasattn.training.augment import Normalise
from nasattn.training.device import resolve_recipe
from nasattn.training.memory import halving
from nasattn.training.precision import autocast, logits_of
from nasattn.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Scores:
    """How well a network does.

    Args:
        loss: Mean cross entropy in nats, without label smoothing or penalties.
        accuracy: Share of images whose largest output is their class, from 0 to 1.
    """

    loss: float
    accuracy: float


def evaluate(  # noqa: PLR0913  # the check is the only one with a default
    network: nn.Module,
    images: ImageSet,
    splits: Splits,
    recipe: Recipe,
    device: torch.device,
    *,
    check: Callable[[], None] = lambda: None,
) -> Scores:
    """Measure ``network``, which must be on ``device``, in evaluation mode.

    Args:
        network: What is measured; its training flag is as before afterwards.
        images: What it is measured on.
        splits: Where the mean and deviation of the channels come from.
        recipe: Precision, memory format and batch size (twice the recipe's, halved as often as
            memory runs out).
        device: Where the images are brought to.
        check: Called before each batch; may raise.

    Raises:
        FailedError: memory does not suffice for two images.
    """
    recipe = resolve_recipe(recipe, device)
    images = images.to(device)
    normalise = Normalise(splits.mean, splits.std, device, channels_last=recipe.channels_last)
    was_training = network.training
    network.eval()
    try:
        outputs, _ = halving(
            lambda size: _outputs(
                network,
                images,
                normalise,
                recipe.model_copy(update={"batch_size": size}),
                check,
            ),
            recipe.batch_size,
            smallest=1,
        )
    finally:
        network.train(was_training)
    loss = F.cross_entropy(outputs, images.labels)
    hits = (outputs.argmax(1) == images.labels).sum()
    return Scores(loss.item(), hits.item() / len(images))


@torch.no_grad()
def _outputs(
    network: nn.Module,
    images: ImageSet,
    normalise: Normalise,
    recipe: Recipe,
    check: Callable[[], None],
) -> Tensor:
    """Return the logits of all images, ``(N, classes)`` float32, batch by batch."""
    parts = []
    for batch in images.batches(None, 2 * recipe.batch_size):
        check()
        with autocast(recipe.precision, images.labels.device):
            parts.append(logits_of(network(normalise(batch.images))))
    return torch.cat(parts)

"""Loss and accuracy of a network on labelled images."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nasattn.data import ImageSet
from nasattn.training.augment import Normalise
from nasattn.training.device import resolve_recipe
from nasattn.training.memory import halving
from nasattn.training.precision import autocast, logits_of
from nasattn.training.recipe import Recipe

_PIXELS, _MOST_IMAGES = 2**18, 1024


class Normalisation(Protocol):
    """What knows the mean and deviation that channels are normalised by, such as ``Splits``."""

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean of each channel, from 0 to 1."""

    @property
    def std(self) -> tuple[float, ...]:
        """Standard deviation of each channel, in the same units."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How well a network does.

    Args:
        loss: Mean cross entropy in nats, without label smoothing or penalties.
        accuracy: Share of images whose largest output is their class, from 0 to 1.
        batch_size: Images that went through at a time.
        images_per_second: From the first batch to the last output, reading of streamed images
            included; time on a clock, which is not compared.
    """

    loss: float
    accuracy: float
    batch_size: int
    images_per_second: float = field(compare=False)


@dataclass(frozen=True, eq=False, slots=True)
class Outputs:
    """What a network said of labelled images; the device may still be at work on it.

    Args:
        logits: ``(N, classes)``, float32.
        labels: ``(N,)``, int64, on the same device.
        batch_size: Images that went through at a time.
        began: When they began to, in seconds of ``perf_counter``.
    """

    logits: Tensor
    labels: Tensor
    batch_size: int
    began: float

    def scores(self) -> Scores:
        """Wait for the device and return how well the network did."""
        loss = F.cross_entropy(self.logits, self.labels).item()
        hits = (self.logits.argmax(1) == self.labels).sum().item()
        count = len(self.labels)
        speed = count / (perf_counter() - self.began)
        return Scores(loss, hits / count, self.batch_size, speed)


def evaluate(  # noqa: PLR0913  # the check is the only one with a default
    network: nn.Module,
    images: ImageSet,
    normalisation: Normalisation,
    recipe: Recipe,
    device: torch.device,
    *,
    check: Callable[[], None] = lambda: None,
) -> Scores:
    """Measure ``network`` on labelled images; arguments and errors as for ``outputs_of``."""
    return outputs_of(network, images, normalisation, recipe, device, check=check).scores()


def outputs_of(  # noqa: PLR0913  # as above
    network: nn.Module,
    images: ImageSet,
    normalisation: Normalisation,
    recipe: Recipe,
    device: torch.device,
    *,
    check: Callable[[], None] = lambda: None,
) -> Outputs:
    """Return the outputs of ``network``, which must be on ``device``, in evaluation mode.

    Args:
        network: What is run; its training flag is as before afterwards.
        images: What it is run on.
        normalisation: The mean and deviation of the channels.
        recipe: Precision, memory format and batch size (twice the recipe's, more where images are
            small: 2¹⁸ pixels, but at most 1,024 images; no more than there are; halved as often
            as memory runs out).
        device: Where the images are brought to.
        check: Called before each batch; may raise.

    Raises:
        FailedError: memory does not suffice for two images.
    """
    recipe = resolve_recipe(recipe, device)
    images = images.to(device)
    mean, std = normalisation.mean, normalisation.std
    normalise = Normalise(mean, std, device, channels_last=recipe.channels_last)
    was_training = network.training
    network.eval()

    def run(size: int) -> tuple[Tensor, float]:
        began = perf_counter()
        smaller = recipe.model_copy(update={"batch_size": size})
        return _logits(network, images, normalise, smaller, check), began

    try:
        (logits, began), size = halving(run, _at_a_time(recipe, images), smallest=2)
    finally:
        network.train(was_training)
    return Outputs(logits, images.labels, size, began)


def _at_a_time(recipe: Recipe, images: ImageSet) -> int:
    """Return how many images are evaluated at a time: of small ones a few do not fill a core."""
    _, height, width = images.shape
    wanted = max(2 * recipe.batch_size, min(_PIXELS // (height * width), _MOST_IMAGES))
    return min(wanted, len(images))


@torch.no_grad()
def _logits(
    network: nn.Module,
    images: ImageSet,
    normalise: Normalise,
    recipe: Recipe,
    check: Callable[[], None],
) -> Tensor:
    """Return the logits of all images, ``(N, classes)`` float32, batch by batch."""
    parts = []
    for batch in images.batches(None, recipe.batch_size):
        check()
        with autocast(recipe.precision, images.labels.device):
            parts.append(logits_of(network(normalise(batch.images))))
    return torch.cat(parts)

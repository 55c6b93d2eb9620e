"""The training loop."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor, nn

from nasattn.data import Splits
from nasattn.errors import FailedError
from nasattn.seeding import derive_seed
from nasattn.training.augment import Normalise
from nasattn.training.batches import Batch, epoch_batches, num_steps
from nasattn.training.determinism import own_randomness
from nasattn.training.device import resolve_recipe
from nasattn.training.evaluation import evaluate
from nasattn.training.learner import Learner
from nasattn.training.recipe import Recipe
from nasattn.training.schedule import factor


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch came to: a point of the learning curve.

    Args:
        epoch: Its number, from 1.
        loss: Mean training loss over the epoch's images as they were trained on, with label
            smoothing and penalties.
        train_accuracy: Share of these images classified right when they were trained on; of a
            mixture by mixup, taken for the class of its larger part.
        validation_loss: Mean cross entropy on the validation images after the epoch.
        accuracy: Share of the validation images classified right, of the averaged weights where
            the recipe has ``ema_decay``.
        lr: Learning rate of its first step.
        seconds: Wall time, evaluation included.
        micro_batch: Images that went through the network at a time; less than the recipe's batch
            size where memory ran out. BatchNorm saw so many at a time.
    """

    epoch: int
    loss: float
    train_accuracy: float
    validation_loss: float
    accuracy: float
    lr: float
    seconds: float
    micro_batch: int


def train(  # noqa: PLR0913  # a training is fixed by exactly these
    network: nn.Module,
    splits: Splits,
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    check: Callable[[], None],
) -> Iterator[Epoch]:
    """Train ``network`` in place and yield each epoch's results as they come.

    Where memory runs out a step is taken in parts (see ``Learner``), from then on to the end.
    Order, augmentation and dropout come from streams of ``seed``, so that every architecture sees
    the same images in the same order. Within an epoch nothing waits for the device. When the last
    epoch is yielded the network holds the averaged weights, where the recipe has ``ema_decay``:
    evaluating it gives that epoch's accuracy again.

    Args:
        network: What is trained; it is moved to ``device``.
        splits: Its ``train`` and ``validation`` images are used.
        recipe: How to train.
        seed: See ``seed_of``.
        device: See ``resolve_device``.
        check: Called before each step and each batch of the evaluation; what it raises, such as
            StoppedError, ends the training.

    Raises:
        UserError: the device cannot train in the recipe's precision.
        FailedError: a loss is not finite (the message names the epoch and the last finite loss),
            memory does not suffice for two images, or the network cannot be compiled.
    """
    recipe = resolve_recipe(recipe, device)
    splits = splits.to(device)
    learner = Learner(network, recipe, device)
    normalise = Normalise(splits.mean, splits.std, device, channels_last=recipe.channels_last)
    steps = num_steps(len(splits.train), recipe.batch_size)
    last_loss: float | None = None

    for epoch in range(1, recipe.epochs + 1):
        started = perf_counter()
        first_step = (epoch - 1) * steps
        rates = [recipe.optimizer.lr * factor(recipe, first_step + i, steps) for i in range(steps)]
        batches = epoch_batches(splits, normalise, recipe, seed, epoch)
        learner.start_epoch(epoch)
        with own_randomness(derive_seed(seed, "dropout", epoch), device):
            trained = _train_epoch(learner, batches, rates, check)
        last_loss = _finite(trained.losses, f"the loss in epoch {epoch}", last_loss)
        scores = evaluate(learner.evaluated, splits.validation, splits, recipe, device, check=check)
        _finite([scores.loss], f"the validation loss after epoch {epoch}", last_loss)
        if learner.average and epoch == recipe.epochs:
            learner.average.write_back()
        yield Epoch(
            epoch=epoch,
            loss=trained.loss,
            train_accuracy=trained.accuracy,
            validation_loss=scores.loss,
            accuracy=scores.accuracy,
            lr=rates[0],
            seconds=perf_counter() - started,
            micro_batch=learner.micro_batch,
        )


@dataclass(frozen=True, slots=True)
class _Trained:
    """Loss, number of hits and number of images of each step of an epoch."""

    losses: list[float]
    hits: list[int]
    sizes: list[int]

    @property
    def loss(self) -> float:
        weighted = (loss * size for loss, size in zip(self.losses, self.sizes, strict=True))
        return math.fsum(weighted) / sum(self.sizes)

    @property
    def accuracy(self) -> float:
        return sum(self.hits) / sum(self.sizes)


def _train_epoch(
    learner: Learner, batches: Iterable[Batch], rates: list[float], check: Callable[[], None]
) -> _Trained:
    losses: list[Tensor] = []
    hits: list[Tensor] = []
    sizes: list[int] = []
    for (images, targets), lr in zip(batches, rates, strict=True):
        check()
        loss, hit = learner.step(images, targets, lr)
        losses.append(loss)
        hits.append(hit)
        sizes.append(len(targets))
    # Here, and nowhere before in the epoch, the device is waited for.
    return _Trained(torch.stack(losses).tolist(), torch.stack(hits).tolist(), sizes)


def _finite(losses: list[float], what: str, last: float | None) -> float:
    """Return the last of the losses.

    Raises:
        FailedError: one of them is not finite; ``last`` is the last finite loss before them.
    """
    for loss in losses:
        if not math.isfinite(loss):
            before = "none" if last is None else f"{last:.4g}"
            raise FailedError(f"{what} is not finite ({loss}); the last finite loss was {before}")
        last = loss
    return losses[-1]

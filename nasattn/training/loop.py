"""The training loop."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from nasattn.data import Splits
from nasattn.errors import FailedError
from nasattn.seeding import derive_seed
from nasattn.training.allocator import keep_freed_memory
from nasattn.training.augment import Normalise
from nasattn.training.batches import Batch, epoch_batches, num_steps
from nasattn.training.determinism import own_randomness
from nasattn.training.device import resolve_recipe
from nasattn.training.evaluation import Scores, evaluate
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
        seconds: Wall time, evaluation included; no clock's time is compared.
        micro_batch: Images that went through the network at a time; less than the recipe's batch
            size where memory ran out. BatchNorm saw so many at a time.
        eval_batch_size: Images that went through it at a time in the evaluation; None where an
            earlier version recorded the epoch.
        eval_images_per_second: See ``Scores``; None likewise.
        plain_accuracy: Beside the averaged weights' accuracy that of the weights themselves; None
            where nothing is averaged.
    """

    epoch: int
    loss: float
    train_accuracy: float
    validation_loss: float
    accuracy: float
    lr: float
    seconds: float = field(compare=False)
    micro_batch: int
    eval_batch_size: int | None = None
    eval_images_per_second: float | None = field(default=None, compare=False)
    plain_accuracy: float | None = None


WALL_CLOCK = frozenset(field.name for field in fields(Epoch) if not field.compare)
"""What no two trainings have alike."""


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
    training = Training(network, splits, recipe, seed=seed, device=device, check=check)
    for _ in range(recipe.epochs):
        epoch = training.train_epoch()
        if epoch.epoch == recipe.epochs:
            training.write_back()
        yield epoch


class Training:
    """One training, epoch by epoch; between two epochs its whole state can be taken or given.

    Order, augmentation and dropout come from streams of the seed and the epoch's number, so that
    no generator's state is carried from epoch to epoch.

    Args:
        network: As for ``train``, and the rest too.
        splits: See there.
        recipe: See there.
        seed: See there.
        device: See there.
        check: See there.

    Attributes:
        curve: The epochs done.
    """

    def __init__(  # noqa: PLR0913  # as for `train`
        self,
        network: nn.Module,
        splits: Splits,
        recipe: Recipe,
        *,
        seed: int,
        device: torch.device,
        check: Callable[[], None],
    ) -> None:
        self._recipe = resolve_recipe(recipe, device)
        if device.type == "cpu":
            keep_freed_memory()
        self._splits = splits.to(device)
        self._learner = Learner(network, self._recipe, device)
        self._normalise = Normalise(
            splits.mean, splits.std, device, channels_last=recipe.channels_last
        )
        self._steps = num_steps(len(splits.train), recipe.batch_size)
        self._seed, self._device, self._check = seed, device, check
        self._last_loss: float | None = None
        self.curve: tuple[Epoch, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether every epoch of the recipe is done."""
        return len(self.curve) >= self._recipe.epochs

    @property
    def evaluated(self) -> nn.Module:
        """The network that accuracy is measured on: averaged where the recipe says so."""
        return self._learner.evaluated

    def train_epoch(self) -> Epoch:
        """Train and evaluate the next epoch.

        Raises:
            FailedError: a loss is not finite; the message names the epoch and the last finite loss.
        """
        epoch = len(self.curve) + 1
        started = perf_counter()
        trained = self._train_steps(epoch)
        self._last_loss = _finite(trained.losses, f"the loss in epoch {epoch}", self._last_loss)
        with own_randomness(derive_seed(self._seed, "evaluation", epoch), self._device):
            scores = self._evaluate(self.evaluated)
            is_averaged = self.evaluated is not self._learner.network
            plain = self._evaluate(self._learner.network) if is_averaged else None
        _finite([scores.loss], f"the validation loss after epoch {epoch}", self._last_loss)
        done = Epoch(
            epoch=epoch,
            loss=trained.loss,
            train_accuracy=trained.accuracy,
            validation_loss=scores.loss,
            accuracy=scores.accuracy,
            lr=self._rates(epoch)[0],
            seconds=perf_counter() - started,
            micro_batch=self._learner.micro_batch,
            eval_batch_size=scores.batch_size,
            eval_images_per_second=scores.images_per_second,
            plain_accuracy=plain.accuracy if plain else None,
        )
        self.curve = (*self.curve, done)
        return done

    def _train_steps(self, epoch: int) -> "_Trained":
        self._learner.start_epoch(epoch)
        with own_randomness(derive_seed(self._seed, "dropout", epoch), self._device):
            return _train_epoch(
                self._learner, self._batches(epoch), self._rates(epoch), self._check
            )

    def _rates(self, epoch: int) -> list[float]:
        first, lr = (epoch - 1) * self._steps, self._recipe.optimizer.lr
        return [lr * factor(self._recipe, first + i, self._steps) for i in range(self._steps)]

    def _batches(self, epoch: int) -> Iterator[Batch]:
        return epoch_batches(self._splits, self._normalise, self._recipe, self._seed, epoch)

    def _evaluate(self, network: nn.Module) -> Scores:
        images = self._splits.validation
        return evaluate(
            network, images, self._splits, self._recipe, self._device, check=self._check
        )

    def write_back(self) -> None:
        """Give the network itself the averaged weights, where there are any, after the end."""
        if self._learner.average:
            self._learner.average.write_back()

    def state(self) -> dict[str, Any]:
        """Return all that the epochs to come depend on, and the curve so far."""
        curve = [asdict(epoch) for epoch in self.curve]
        return {
            "curve": curve,
            "last_loss": self._last_loss,
            "learner": self._learner.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on after the epoch at which ``state`` was taken.

        Raises:
            ForeignStateError: it is another network's; nothing is changed then.
        """
        self._learner.restore(state["learner"])
        self._last_loss = state["last_loss"]
        self.curve = tuple(Epoch(**epoch) for epoch in state["curve"])


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

"""A network together with what changes its weights, and one step of it."""

from contextlib import nullcontext
from functools import reduce
from operator import add
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nasattn.training.average import AveragedNetwork
from nasattn.training.compiling import compiled
from nasattn.training.device import on_device
from nasattn.training.freezing import FrozenBackbone
from nasattn.training.memory import Undo, halving, num_parts
from nasattn.training.memory_format import channels_last_gradients
from nasattn.training.network_state import (
    ForeignStateError,
    check_state,
    network_state,
    restore_network,
)
from nasattn.training.optimizer import create_optimizer, set_lr
from nasattn.training.precision import autocast, logits_of, loss_scaler
from nasattn.training.recipe import Recipe


@runtime_checkable
class Penalised(Protocol):
    """A module that adds a term to the training loss, such as NAM."""

    def penalty_loss(self) -> Tensor:
        """Return the term, a scalar."""


class Learner:
    """A network with its optimizer, loss scaler and averaged weights.

    Args:
        network: Trained in place; it is moved to ``device``.
        recipe: With its precision resolved.
        device: Where the batches will be.

    Attributes:
        micro_batch: Images that go through the network at a time: the recipe's batch size, and
            less after memory ran out. Gradients of the parts of a batch are added up to those of
            its mean loss; BatchNorm sees the parts.
    """

    def __init__(self, network: nn.Module, recipe: Recipe, device: torch.device) -> None:
        self.network = on_device(network, recipe, device)
        self.average: AveragedNetwork | None = None
        if recipe.ema_decay is not None:
            self.average = AveragedNetwork(self.network, recipe.ema_decay)
        self.micro_batch = recipe.batch_size
        self._optimizer = create_optimizer(self.network, recipe.optimizer)
        self._scaler = loss_scaler(recipe.precision, device)
        self._penalised = [m for m in self.network.modules() if isinstance(m, Penalised)]
        self._recipe = recipe
        self._forward = compiled(self.network) if recipe.compile else self.network
        self._backbone = FrozenBackbone(self.network)
        self._undo = Undo(self.network, device)
        self._learns = True
        # A graph that was compiled lays out its own; on GPUs nobody has measured it.
        is_laid_out = recipe.channels_last and not recipe.compile and device.type == "cpu"
        self._layout = channels_last_gradients if is_laid_out else nullcontext

    @property
    def evaluated(self) -> nn.Module:
        """The network that accuracy is measured on: averaged where the recipe says so."""
        return self.average.network if self.average else self.network

    def start_epoch(self, epoch: int) -> None:
        """Go into training mode, with the backbone held or let go; epochs count from 1."""
        self.network.train()
        if epoch <= self._recipe.freeze_epochs:
            self._backbone.hold()
        else:
            self._backbone.let_go()
        self._learns = any(parameter.requires_grad for parameter in self.network.parameters())

    def step(self, images: Tensor, targets: Tensor, lr: float) -> tuple[Tensor, Tensor]:
        """Change the weights by one batch; return its loss and number of hits, on the device.

        Targets are labels ``(N,)``, or shares of the classes ``(N, classes)``, of which the
        largest is hit.
        Where memory runs out the batch is gone through again in smaller parts, from the state
        before it.

        Raises:
            FailedError: memory does not suffice for two images.
        """

        def run(size: int) -> tuple[Tensor, Tensor]:
            return self._accumulate(images, targets, num_parts(len(targets), size))

        self._undo.keep()
        (loss, hits), self.micro_batch = halving(run, self.micro_batch, smallest=2)
        if self._learns:
            self._change_weights(lr)
        if self.average:
            self.average.update()
        return loss, hits

    def _accumulate(self, images: Tensor, targets: Tensor, parts: int) -> tuple[Tensor, Tensor]:
        """Add up the gradients of a batch's parts; return its mean loss and number of hits."""
        results = []
        try:
            for part, wanted in zip(
                images.tensor_split(parts), targets.tensor_split(parts), strict=True
            ):
                results.append(self._backward(part, wanted, len(wanted) / len(targets)))
        except Exception:
            self._optimizer.zero_grad()
            self._undo.restore()
            raise
        loss, hits = (reduce(add, values) for values in zip(*results, strict=True))
        return loss, hits

    def _backward(self, images: Tensor, targets: Tensor, share: float) -> tuple[Tensor, Tensor]:
        """Add the gradients of ``share`` of these images' loss; return that and their hits."""
        with autocast(self._recipe.precision, images.device), self._layout():
            outputs = self._forward(images)
        logits = logits_of(outputs)
        loss = F.cross_entropy(logits, targets, label_smoothing=self._recipe.label_smoothing)
        for module in self._penalised:
            loss = loss + module.penalty_loss()
        loss = share * loss
        if self._learns:
            self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]  # so is torch's
        labels = targets if targets.ndim == 1 else targets.argmax(1)
        return loss.detach(), (logits.detach().argmax(1) == labels).sum()

    def _change_weights(self, lr: float) -> None:
        set_lr(self._optimizer, lr)
        if self._recipe.clip_grad_norm is not None:
            self._scaler.unscale_(self._optimizer)
            nn.utils.clip_grad_norm_(self.network.parameters(), self._recipe.clip_grad_norm)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._optimizer.zero_grad()

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on besides its batch and rate."""
        return {
            "network": network_state(self.network),
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
            "average": self.average.state() if self.average else None,
            "micro_batch": self.micro_batch,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state.

        Raises:
            ForeignStateError: it is another training's; nothing is changed then.
        """
        check_state(self.network, state["network"])
        try:
            self._optimizer.load_state_dict(state["optimizer"])
        except ValueError as error:
            raise ForeignStateError(f"its optimizer is another one: {error}") from None
        restore_network(self.network, state["network"])
        if self.average:
            self.average.restore(state["average"])
        self._scaler.load_state_dict(state["scaler"])
        self.micro_batch = state["micro_batch"]

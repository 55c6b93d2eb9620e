"""A network together with what changes its weights, and one step of it."""

from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nasattn.training.average import AveragedNetwork
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
    """

    def __init__(self, network: nn.Module, recipe: Recipe, device: torch.device) -> None:
        memory = torch.channels_last if recipe.channels_last else torch.contiguous_format
        self.network = network.to(device=device, memory_format=memory)  # type: ignore[call-overload]  # torch leaves this form out of its overloads
        self.average: AveragedNetwork | None = None
        if recipe.ema_decay is not None:
            self.average = AveragedNetwork(self.network, recipe.ema_decay)
        self._optimizer = create_optimizer(self.network, recipe.optimizer)
        self._scaler = loss_scaler(recipe.precision, device)
        self._penalised = [m for m in self.network.modules() if isinstance(m, Penalised)]
        self._recipe = recipe

    @property
    def evaluated(self) -> nn.Module:
        """The network that accuracy is measured on: averaged where the recipe says so."""
        return self.average.network if self.average else self.network

    def step(self, images: Tensor, labels: Tensor, lr: float) -> tuple[Tensor, Tensor]:
        """Change the weights by one batch; return its loss and number of hits, on the device."""
        with autocast(self._recipe.precision, images.device):
            outputs = self.network(images)
        logits = logits_of(outputs)
        loss = F.cross_entropy(logits, labels, label_smoothing=self._recipe.label_smoothing)
        for module in self._penalised:
            loss = loss + module.penalty_loss()
        set_lr(self._optimizer, lr)
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]  # so is torch's
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._optimizer.zero_grad()
        if self.average:
            self.average.update()
        return loss.detach(), (logits.detach().argmax(1) == labels).sum()

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on besides its batch and rate."""
        return {
            "network": network_state(self.network),
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
            "average": self.average.state() if self.average else None,
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

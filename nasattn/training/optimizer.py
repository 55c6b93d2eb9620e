"""From a recipe to torch's optimizer."""

from typing import Any

import torch
from torch import nn

from nasattn.training.decay import parameter_groups
from nasattn.training.recipe import Optimizer


def create_optimizer(network: nn.Module, settings: Optimizer) -> torch.optim.Optimizer:
    """Return the optimizer of ``network``'s trainable parameters.

    It is the fused form: fastest on CUDA, and the only one that skips a step of overflowed fp16
    gradients without waiting for the device.
    """
    groups = parameter_groups(network, settings)
    common: dict[str, Any] = {"lr": settings.lr, "fused": True}
    if settings.name == "sgd":
        momentum = settings.momentum or 0.0
        sgd = torch.optim.SGD(groups, momentum=momentum, nesterov=bool(settings.nesterov), **common)
        if momentum:
            _start_momentum(sgd)
        return sgd
    if settings.name == "adam":
        return torch.optim.Adam(groups, **common)
    return torch.optim.AdamW(groups, **common)


def _start_momentum(sgd: torch.optim.SGD) -> None:
    """Let every parameter have a momentum, of 0, from the start: the first step is the same.

    Where some have one and others do not, since they had no gradient before, the fused form fails.
    """
    for group in sgd.param_groups:
        for parameter in group["params"]:
            sgd.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Set the learning rate of every group."""
    for group in optimizer.param_groups:
        group["lr"] = lr

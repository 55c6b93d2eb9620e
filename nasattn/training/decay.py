"""Which parameters weight decay leaves alone."""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from torch import nn

from nasattn.training.recipe import Optimizer

_NORMS = (
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.BatchNorm3d,
    nn.SyncBatchNorm,
    nn.InstanceNorm1d,
    nn.InstanceNorm2d,
    nn.InstanceNorm3d,
    nn.GroupNorm,
    nn.LayerNorm,
    nn.RMSNorm,
)


@runtime_checkable
class Undecayed(Protocol):
    """A module that names parameters of its own that its authors do not decay, such as GCT."""

    undecayed: tuple[str, ...]


def parameter_groups(network: nn.Module, settings: Optimizer) -> list[dict[str, Any]]:
    """Return the trainable parameters as torch's optimizers take them, each with its decay.

    First those that decay, then those that do not, each in the network's order; a group without
    parameters is left out.
    """
    spared = {id(parameter) for parameter in _spared(network, settings)}
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {
            "params": [p for p in trained if id(p) not in spared],
            "weight_decay": settings.weight_decay,
        },
        {"params": [p for p in trained if id(p) in spared], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _spared(network: nn.Module, settings: Optimizer) -> Iterator[nn.Parameter]:
    for module in network.modules():
        declared = module.undecayed if isinstance(module, Undecayed) else ()
        is_norm = isinstance(module, _NORMS)
        for name, parameter in module.named_parameters(recurse=False):
            asked = not settings.decay_norms_and_biases and (is_norm or name == "bias")
            if asked or name in declared:
                yield parameter

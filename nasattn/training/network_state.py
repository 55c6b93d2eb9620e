"""All that a network carries from step to step."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

State = dict[str, Any]


class ForeignStateError(Exception):
    """A state belongs to another network; the message names the difference."""


def network_state(network: nn.Module) -> State:
    """Return parameters, buffers (also those that no state dict holds), generators and extra state.

    What a network keeps elsewhere must be in ``get_extra_state``, as torch asks of it.
    """
    return {
        "tensors": _tensors(network),
        "generators": {name: own.get_state() for name, own in _generators(network)},
        "extra": {name: module.get_extra_state() for name, module in _with_extra(network)},
    }


def check_state(network: nn.Module, state: State) -> None:
    """Check that ``state`` is one of this network.

    Raises:
        ForeignStateError: a tensor is missing, new, or of another shape or type.
    """
    own = {name: _kind(tensor) for name, tensor in _tensors(network).items()}
    kept = {name: _kind(tensor) for name, tensor in state["tensors"].items()}
    for name in [*own, *kept]:
        if own.get(name) != kept.get(name):
            raise ForeignStateError(
                f"{name} is {kept.get(name, 'not in it')}, in the network "
                f"{own.get(name, 'not there')}"
            )


@torch.no_grad()
def restore_network(network: nn.Module, state: State) -> None:
    """Give a network a state that ``check_state`` has passed, in place."""
    for name, tensor in _tensors(network).items():
        tensor.copy_(state["tensors"][name])
    for name, own in _generators(network):
        own.set_state(state["generators"][name])
    for name, module in _with_extra(network):
        module.set_extra_state(state["extra"][name])


def _tensors(network: nn.Module) -> dict[str, Tensor]:
    return {**dict(network.named_parameters()), **dict(network.named_buffers())}


def _generators(network: nn.Module) -> Iterator[tuple[str, torch.Generator]]:
    for path, module in network.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, torch.Generator):
                yield f"{path}.{name}", value


def _with_extra(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for path, module in network.named_modules():
        if type(module).get_extra_state is not nn.Module.get_extra_state:
            yield path, module


def _kind(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} of shape {tuple(tensor.shape)}"

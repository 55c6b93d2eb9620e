"""Weights as a safetensors file: tensors alone, nothing that could run."""

from pathlib import Path

import safetensors
import safetensors.torch
from torch import nn

from nasattn.backbones.weights import State
from nasattn.errors import UserError

SAFE_WEIGHTS_FILE = "weights.safetensors"


def safe_bytes(network: nn.Module, digest: str) -> bytes:
    """Return a network's state dict as the bytes of a safetensors file.

    A tensor that the network has under two names is written twice.

    Args:
        network: The network.
        digest: The identity of its architecture, which the file's metadata name.
    """
    # One memory for two names is refused, and a view may hold the memory of much more.
    state = {name: tensor.cpu().clone() for name, tensor in network.state_dict().items()}
    return safetensors.torch.save(
        {name: tensor.contiguous() for name, tensor in state.items()},
        metadata={"format": "pt", "digest": digest},
    )


def read_safe(path: Path) -> State:
    """Read the weights in a safetensors file.

    Raises:
        UserError: it cannot be read, or is damaged.
    """
    try:
        return safetensors.torch.load(path.read_bytes())
    except OSError as error:
        raise UserError(f"weights {path}: cannot be read: {error.strerror}") from None
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise UserError(f"weights {path}: no safetensors file, or a damaged one: {error}") from None

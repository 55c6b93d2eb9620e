"""Copies of nested state in the host's memory, and a checksum of them."""

import hashlib
from typing import Any

import torch
from torch import Tensor

from nasattn.errors import FailedError

_PLAIN = (bool, int, float, str, type(None))


def snapshot(value: Any) -> Any:
    """Return a copy in the host's memory that no later step changes.

    Args:
        value: Tensors, numbers and text in dictionaries, lists and tuples.

    Raises:
        FailedError: it holds something else, which could not be loaded without running code.
    """
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: snapshot(inner) for key, inner in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(snapshot, value))
    if type(value) in _PLAIN:
        return value
    raise FailedError(
        f"a checkpoint cannot hold {type(value).__name__}: a network's own state "
        "(get_extra_state) must be tensors, numbers and text in dictionaries, lists and tuples"
    )


def checksum(value: Any) -> str:
    """Return the SHA-256 of a snapshot, the same before it was written and after."""
    digest = hashlib.sha256()
    _add(value, digest)
    return digest.hexdigest()


def _add(value: Any, digest: "hashlib._Hash") -> None:
    if isinstance(value, Tensor):
        digest.update(f"{value.dtype}{tuple(value.shape)}{value.stride()}".encode())
        digest.update(_bytes(value))
    elif isinstance(value, dict):
        digest.update(f"dict{list(value)}".encode())
        for inner in value.values():
            _add(inner, digest)
    elif isinstance(value, list | tuple):
        digest.update(f"{type(value).__name__}{len(value)}".encode())
        for inner in value:
            _add(inner, digest)
    else:
        digest.update(repr(value).encode())


def _bytes(tensor: Tensor) -> memoryview:
    # The memory as it lies: a copy in order would start torch's threads beside the training.
    flat = torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage())
    return flat.numpy().data

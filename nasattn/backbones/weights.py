"""A network's own weights: read from a file, and put into a backbone."""

import hashlib
import io
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nasattn.errors import UserError

State = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The weights in a file.

    Attributes:
        path: The file, absolute.
        sha256: Digest of its bytes, in hexadecimal.
        state: The state dict.
    """

    path: Path
    sha256: str
    state: State


def read_weights(path: Path) -> Weights:
    """Read a file that ``torch.save`` made of a state dict, or of a dict with the key state_dict.

    Code in the file is not run: it is loaded with ``weights_only=True``.

    Raises:
        UserError: it is not there, cannot be read, or holds something else.
    """
    path = path.expanduser().absolute()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"weights {path}: no such file") from None
    except OSError as error:
        raise UserError(f"weights {path}: cannot be read: {error.strerror}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other kinds of archives, which fail below
            found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load raises whatever the bytes lead it to
        raise UserError(f"weights {path}: {_not_loaded(error)}; {_REMEDY}") from error
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        found = found["state_dict"]
    if other := _no_state(found):
        raise UserError(f"weights {path}: {other}, but must hold names and tensors; {_REMEDY}")
    return Weights(path, hashlib.sha256(content).hexdigest(), found)


def load_weights(net: nn.Module, state: State, place: str) -> None:
    """Put weights into a network, in place; every name and shape must be the network's own.

    Args:
        net: The network.
        state: Its weights.
        place: Where they come from and go to, for errors: ``weights a.pt in backbone resnet20``.

    Raises:
        UserError: a name is missing or not the network's, or a shape is another one.
    """
    own = net.state_dict()
    shapes = [
        f"{name} is {_shape(state[name])} there, not {_shape(value)}"
        for name, value in own.items()
        if name in state and _shape(state[name]) != _shape(value)
    ]
    differences = [
        *_listed("lacks", (name for name in own if name not in state)),
        *_listed("has besides", (name for name in state if name not in own)),
        *_listed("differs in shape:", shapes),
    ]
    if differences:
        raise UserError(
            f"{place}: the file {'; '.join(differences)}; it must be of this very network, "
            "with as many classes and image channels"
        )
    try:
        net.load_state_dict(state, strict=True)
    except Exception as error:  # a network may load its weights in a way of its own
        raise UserError(f"{place}: {' '.join(str(error).split())}") from error


_REMEDY = "save them with torch.save(net.state_dict(), FILE)"


def _not_loaded(error: Exception) -> str:
    refused = re.search(r"GLOBAL (\S+)", str(error))
    if refused:
        return f"holds more than weights ({refused[1]}), and code in a file is not run"
    return "no file of weights that torch.load reads"


def _no_state(found: Any) -> str:
    """Return in words what was found where it is no state dict, or an empty string."""
    if not isinstance(found, Mapping):
        return f"holds a {type(found).__name__}"
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            return f"{name!r} in it is a {type(value).__name__}"
    return ""


def _shape(value: Any) -> str:
    return "×".join(map(str, value.shape)) or "a scalar" if isinstance(value, Tensor) else "none"


def _listed(words: str, names: Iterable[str]) -> list[str]:
    """Return one phrase that names the first three and says how many there are, or none."""
    found = list(names)
    more = f", … ({len(found)} in all)" if found[3:] else ""
    return [f"{words} {', '.join(found[:3])}{more}"] if found else []

"""``nasattn space new``: from the words of the command line to a file on disk."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nasattn.errors import UserError
from nasattn.files import write_atomic
from nasattn.schema import validate
from nasattn.space.compose import compose
from nasattn.space.domains import Scalar
from nasattn.space.requests import Request, parse_scalar
from nasattn.space.schema import SpaceFile
from nasattn.space.space import Space


def parse_backbone(name: str, arguments: Iterable[str], input_shape: str | None) -> SpaceFile:
    """Read ``--backbone``, ``--backbone-arg`` and ``--input-shape``.

    Args:
        name: The backbone.
        arguments: ``KEY=VALUE`` each.
        input_shape: ``C,H,W``, or None for the backbone's own.

    Raises:
        UserError: an argument without ``=``, or a shape that is not three positive integers.
    """
    values: dict[str, Any] = {"backbone": name, "backbone_args": dict(map(_argument, arguments))}
    if input_shape is not None:
        values["input_shape"] = _shape(input_shape)
    return validate(SpaceFile, values, "nasattn space new")


def write_space(
    path: Path, file: SpaceFile, requests: Iterable[Request], scope: str, *, replace: bool
) -> Space:
    """Write a search-space file that loads, or nothing.

    Args:
        path: Where to.
        file: Backbone, its arguments and input shape.
        requests: The attention modules.
        scope: Scope of every choice.
        replace: Whether a file of that name may be replaced.

    Returns:
        The space.

    Raises:
        UserError: the file exists, or the space would not load.
        FailedError: the file cannot be written.
    """
    if path.exists() and not replace:
        raise UserError(f"{path}: exists; --force replaces it")
    text = compose(file, tuple(requests), scope, str(path))
    space = Space.from_file(validate(SpaceFile, tomllib.loads(text), str(path)), str(path))
    write_atomic(path, text)
    return space


def _argument(text: str) -> tuple[str, Scalar]:
    key, equals, value = text.partition("=")
    if not (key.isidentifier() and equals and value):
        raise UserError(f"--backbone-arg {text}: must be KEY=VALUE, such as width=16")
    return key, parse_scalar(value)


def _shape(text: str) -> list[int]:
    try:
        shape = [int(part) for part in text.split(",")]
    except ValueError:
        shape = []
    if len(shape) != 3 or min(shape) < 1:
        raise UserError(f"--input-shape {text}: must be C,H,W, three positive integers")
    return shape

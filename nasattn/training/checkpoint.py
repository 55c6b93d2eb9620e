"""A checkpoint: the whole state of a training in one file that proves itself."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import torch

from nasattn.training.snapshot import checksum, snapshot

FORMAT = 1


class UnusableError(Exception):
    """A file is no checkpoint that can be gone on from; the message says why."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A training between two epochs.

    Args:
        identity: What was trained, by name: the same training goes on only where all are equal.
        made_with: Versions and hardware, by name; elsewhere the training goes on too, but not to
            the same bits.
        state: A snapshot of ``Training.state``.
    """

    identity: Mapping[str, str | int]
    made_with: Mapping[str, str]
    state: dict[str, Any]

    def content(self) -> memoryview:
        """Return what a file of it holds; ``torch.load`` reads it with ``weights_only=True``."""
        content = {
            "identity": snapshot(dict(self.identity)),
            "made_with": snapshot(dict(self.made_with)),
            "state": self.state,
        }
        file = io.BytesIO()
        torch.save({"format": FORMAT, "checksum": checksum(content), **content}, file)
        return file.getbuffer()

    @classmethod
    def read(cls, file: BinaryIO, identity: Mapping[str, str | int]) -> "Checkpoint":
        """Read a file, where it is whole and of the training ``identity``.

        Raises:
            UnusableError: it is damaged, of another format, or of another training.
        """
        body = _load(file)
        _check_identity(body["identity"], identity)
        return cls(**body)


def _load(file: BinaryIO) -> dict[str, Any]:
    """Return what a whole file holds besides its format and checksum."""
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
        found, kept = content.pop("format"), content.pop("checksum")
        whole = checksum(content) == kept
    except Exception as error:  # a flipped byte may lead a reader of pickles anywhere
        raise UnusableError(f"it is damaged: {type(error).__name__} when read") from None
    if not whole:
        raise UnusableError("it is damaged: its checksum does not fit its content")
    if found != FORMAT:
        raise UnusableError(f"its format is {found}, but must be {FORMAT}")
    return dict(content)


def _check_identity(kept: Mapping[str, str | int], wanted: Mapping[str, str | int]) -> None:
    for name in [*wanted, *kept]:
        if kept.get(name) != wanted.get(name):
            raise UnusableError(
                f"it is of another training: its {name} is {kept.get(name, 'not known')}, "
                f"this one's {wanted.get(name, 'not known')}"
            )

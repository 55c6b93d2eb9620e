"""Where the checkpoints of one training are kept: the newest and the one before it."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from nasattn.errors import WriteError
from nasattn.files import remove_leftovers, write_atomic

NEWEST, PREVIOUS = "checkpoint.pt", "checkpoint.previous.pt"


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that may be gone on from.

    Attributes:
        name: For messages.
        open: Returns its content; raises UnusableError where that is certainly not what was put.
    """

    name: str
    open: Callable[[], BinaryIO]


class Shelf(Protocol):
    """Keeps the newest two checkpoints of a training."""

    def put(self, content: memoryview, epoch: int) -> None:
        """Keep a new one; called by one thread at a time.

        Raises:
            WriteError: it cannot be written; the one before it is there.
        """
        ...

    def found(self) -> Iterable[Kept]:
        """Return those that are there, the newest first."""
        ...

    def take(self, kept: Kept) -> None:
        """Hear which of them the training goes on from: those before it were refused."""
        ...


class FolderShelf:
    """Two files in a folder.

    Args:
        folder: Which.
    """

    def __init__(self, folder: Path) -> None:
        self._newest, self._previous = folder / NEWEST, folder / PREVIOUS
        self._newest_is_good = False

    def put(self, content: memoryview, epoch: int) -> None:
        """Write it as the newest, whole or not at all; see `Shelf`."""
        del epoch
        remove_leftovers(self._newest)
        if self._newest_is_good:
            # A kill from here on leaves it, whole, under the other name.
            _replace(self._newest, self._previous)
        # One that was refused is overwritten: it must not take a good one's place.
        try:
            write_atomic(self._newest, content)
        except WriteError as error:
            # Who has taken the trial over meanwhile removed the unfinished file: the next look at
            # the storage tells.
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            self._newest_is_good = False
        else:
            self._newest_is_good = True

    def found(self) -> Iterable[Kept]:
        """Return those that are there; see `Shelf`."""
        return [_kept(path) for path in (self._newest, self._previous) if path.is_file()]

    def take(self, kept: Kept) -> None:
        """See `Shelf`."""
        self._newest_is_good = kept.name == str(self._newest)


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a training that needs them no more."""
    for name in (NEWEST, PREVIOUS):
        (folder / name).unlink(missing_ok=True)
    remove_leftovers(folder / NEWEST)


def _kept(path: Path) -> Kept:
    return Kept(str(path), lambda: io.BytesIO(path.read_bytes()))


def _replace(old: Path, new: Path) -> None:
    try:
        old.replace(new)
    except FileNotFoundError:
        return  # someone has removed it
    except OSError as error:
        raise WriteError(f"cannot write {new}: {error.strerror or error}") from error

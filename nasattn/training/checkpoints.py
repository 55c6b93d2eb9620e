"""The checkpoints of one training in its folder: the newest and the one before it."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from nasattn.errors import WriteError
from nasattn.files import remove_leftovers
from nasattn.training.checkpoint import Checkpoint, UnusableError
from nasattn.training.loop import Training
from nasattn.training.network_state import ForeignStateError
from nasattn.training.snapshot import snapshot

NEWEST, PREVIOUS = "checkpoint.pt", "checkpoint.previous.pt"


class Checkpoints:
    """Keeps the newest two checkpoints of a training; a thread of its own writes them.

    To be used in a ``with`` statement, at the end of which all is written.

    Args:
        folder: Where they are.
        identity: See ``Checkpoint``.
        made_with: See there.
    """

    def __init__(
        self, folder: Path, identity: Mapping[str, str | int], made_with: Mapping[str, str]
    ) -> None:
        self._newest, self._previous = folder / NEWEST, folder / PREVIOUS
        self._identity, self._made_with = identity, made_with
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._pending: Future[None] | None = None
        self._newest_is_good = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait until all is written.

        Raises:
            WriteError: the last checkpoint cannot be written; the one before it is there.
        """
        self._writer.shutdown()
        self.wait()

    def keep(self, training: Training) -> None:
        """Copy the training's state, and have it written while the training goes on.

        Raises:
            WriteError: the checkpoint before cannot be written; the one before that is there.
            FailedError: the network's own state is nothing that a checkpoint can hold.
        """
        self.wait()
        state = snapshot(training.state())
        self._pending = self._writer.submit(self._write, state)

    def wait(self) -> None:
        """Wait until what was kept is written.

        Raises:
            WriteError: it cannot be written.
        """
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def _write(self, state: dict[str, object]) -> None:
        remove_leftovers(self._newest)
        if self._newest_is_good:
            # A kill from here on leaves it, whole, under the other name.
            _replace(self._newest, self._previous)
        # One that was refused is overwritten: it must not take a good one's place.
        Checkpoint(self._identity, self._made_with, state).write(self._newest)
        self._newest_is_good = True

    def restore(self, training: Training, refused: Callable[[str], None]) -> Checkpoint | None:
        """Let a training go on from the newest checkpoint that is whole and its own.

        Args:
            training: Not begun yet.
            refused: Hears of every checkpoint that is not usable, and why.

        Returns:
            The checkpoint, or None where there is none to go on from.
        """
        for path in (self._newest, self._previous):
            if path.is_file():
                try:
                    checkpoint = Checkpoint.read(path, self._identity)
                    training.restore(checkpoint.state)
                except (UnusableError, ForeignStateError) as error:
                    refused(f"checkpoint {path} is not used: {error}")
                else:
                    self._newest_is_good = path == self._newest
                    return checkpoint
        return None


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a training that needs them no more."""
    for name in (NEWEST, PREVIOUS):
        (folder / name).unlink(missing_ok=True)
    remove_leftovers(folder / NEWEST)


def _replace(old: Path, new: Path) -> None:
    try:
        old.replace(new)
    except FileNotFoundError:
        return  # someone has removed it
    except OSError as error:
        raise WriteError(f"cannot write {new}: {error.strerror or error}") from error

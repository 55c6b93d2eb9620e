"""The checkpoints of one training: written while it goes on, and gone on from."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from nasattn.training.checkpoint import Checkpoint, UnusableError
from nasattn.training.loop import Training
from nasattn.training.network_state import ForeignStateError
from nasattn.training.shelf import Shelf
from nasattn.training.snapshot import snapshot


class Checkpoints:
    """Keeps the newest two checkpoints of a training; a thread of its own writes them.

    To be used in a ``with`` statement, at the end of which all is written.

    Args:
        shelf: Where they are kept.
        identity: See ``Checkpoint``.
        made_with: See there.
    """

    def __init__(
        self, shelf: Shelf, identity: Mapping[str, str | int], made_with: Mapping[str, str]
    ) -> None:
        self._shelf = shelf
        self._identity, self._made_with = identity, made_with
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._pending: Future[None] | None = None

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
        checkpoint = Checkpoint(self._identity, self._made_with, snapshot(training.state()))
        self._pending = self._writer.submit(self._write, checkpoint, len(training.curve))

    def _write(self, checkpoint: Checkpoint, epoch: int) -> None:
        self._shelf.put(checkpoint.content(), epoch)

    def wait(self) -> None:
        """Wait until what was kept is written.

        Raises:
            WriteError: it cannot be written.
        """
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def restore(self, training: Training, refused: Callable[[str], None]) -> Checkpoint | None:
        """Let a training go on from the newest checkpoint that is whole and its own.

        Args:
            training: Not begun yet.
            refused: Hears of every checkpoint that is not usable, and why.

        Returns:
            The checkpoint, or None where there is none to go on from.
        """
        for kept in self._shelf.found():
            try:
                checkpoint = Checkpoint.read(kept.open(), self._identity)
                training.restore(checkpoint.state)
            except (UnusableError, ForeignStateError) as error:
                refused(f"checkpoint {kept.name} is not used: {error}")
            else:
                self._shelf.take(kept)
                return checkpoint
        return None

"""The run folder of a study while one process makes or opens it."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TextIO

from nasattn.errors import FailedError, UserError, WriteError

_WAIT_SECONDS = 60.0


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Make the folder and hold it; the kernel lets go when the process ends, however it ends.

    It keeps the files of one opening together, and no more: who works on which trial is a
    matter of the storage, which machines share that cannot lock each other's files.

    Raises:
        UserError: the folder cannot be made there.
        WriteError: the folder cannot be made or takes no writes, for the machine's reasons.
        FailedError: another process has held it for a minute.
    """
    limit = monotonic() + _WAIT_SECONDS
    while True:
        with _opened(folder / "lock") as file:
            if _is_held(file) and _is_still(file, folder / "lock"):
                yield
                return
        if monotonic() > limit:
            raise FailedError(
                f"{folder} has been held by a process that opens it for {_WAIT_SECONDS:g} s"
            )
        sleep(0.05)


def _is_held(file: TextIO) -> bool:
    """Take hold; False where another has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(file: TextIO, path: Path) -> bool:
    """Tell whether the file was not taken away with a folder in which no study could be made."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _opened(path: Path) -> TextIO:
    _make_folder(path.parent)
    try:
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror}") from None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        machine = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
        kind = WriteError if machine else UserError
        raise kind(f"run folder {folder}: cannot be made: {error.strerror}") from None

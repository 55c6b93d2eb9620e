"""One searching process for each run folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from nasattn.errors import UserError, WriteError


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """Hold the run folder of a study; the kernel lets go when the process ends, however it ends.

    Raises:
        UserError: another process holds it.
        WriteError: the run folder takes no writes.
    """
    with _opened(folder / "lock") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise UserError(
                f'study "{name}" is being searched by process {owner}; '
                f"stop that one first, or watch it: nasattn trials {name}"
            ) from None
        with suppress(OSError):  # the number is a help for people; the lock holds without it
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        yield


def _opened(path: Path) -> TextIO:
    try:
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror}") from None

"""Files that are written whole or not at all."""

import os
import tempfile
from pathlib import Path

from nasattn.errors import WriteError


def write_atomic(path: Path, content: str | bytes | memoryview) -> None:
    """Replace ``path`` by ``content``: temporary name, fsync, rename.

    Raises:
        WriteError: the file cannot be written (disk full, no permission); an older
            file of that name is then untouched.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())  # as if it had been opened by its own name
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise WriteError(f"cannot write {path}: {error.strerror or error}") from error


def remove_leftovers(path: Path) -> None:
    """Remove what a process that was killed while it wrote ``path`` has left beside it."""
    for temporary in path.parent.glob(f".{path.name}.*"):
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

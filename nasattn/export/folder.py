"""The folder of an exported network."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nasattn.errors import UserError, WriteError
from nasattn.files import write_atomic


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder with all of its files, or none.

    Args:
        folder: It must be empty, or not there.
        files: Content by name.

    Raises:
        UserError: the folder has files already, or is none.
        WriteError: it cannot be written; nothing is left of it then.
    """
    check_free(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise WriteError(f"cannot write {folder}: {error.strerror or error}") from error
    try:
        for name, content in files.items():
            write_atomic(made / name, content)
        made.chmod(0o755)
        made.replace(folder)
    except OSError as error:
        raise WriteError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def check_free(folder: Path) -> None:
    """Check that a folder may be written.

    Raises:
        UserError: it has files already, or is none.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(f"--to {folder}: has files already; name a new folder, or empty it")
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--to {folder}: is a file; name a new folder")

"""Data sets in one NumPy archive, with the names of MedMNIST's arrays."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from nasattn.data.arrays import as_images, numbered
from nasattn.data.images import Images, Source
from nasattn.errors import UserError

PARTS = ("train", "val", "test")


def read_npz(path: Path) -> Source:
    """Read ``train_images``, ``train_labels`` and, where they are there, ``val_…`` and ``test_…``.

    Arrays are as in ``as_images``; without ``test_…`` a fixed share of the training images
    becomes the test set.

    Raises:
        UserError: no such file, not an archive, missing arrays, or arrays that are not images.
    """
    arrays = _arrays(path)
    needed = {"train_images", "train_labels"}
    for part in PARTS[1:]:
        if arrays.keys() & {f"{part}_images", f"{part}_labels"}:
            needed |= {f"{part}_images", f"{part}_labels"}
    if missing := sorted(needed - arrays.keys()):
        raise UserError(
            f"{path}: no array {', '.join(missing)}; the file has: "
            f"{', '.join(sorted(arrays)) or 'nothing'}"
        )
    parts = {part: _part(arrays, part, path) for part in PARTS if f"{part}_images" in arrays}
    return numbered(parts["train"], parts.get("val"), parts.get("test"), str(path))


def _part(arrays: dict[str, Any], part: str, path: Path) -> Images:
    return as_images(arrays[f"{part}_images"], arrays[f"{part}_labels"], f"{path} {part}")


def _arrays(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise UserError(f"{path}: one array, but must be an npz archive of several")
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise UserError(
            f"{path.absolute()}: no such file; set [data] root to the npz file"
        ) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path}: cannot be read as an npz archive: {_reason(str(error))}"
        ) from None


def _reason(text: str) -> str:
    # NumPy advises to load such files unsafely.
    if "allow_pickle" not in text:
        return text
    return "an array holds objects, not numbers" if "Object arrays" in text else "it is none"

"""Folders of pictures, one folder for each class."""

import os
from pathlib import Path

import numpy as np
import torch

from nasattn.data.files import Files
from nasattn.data.images import Source
from nasattn.data.pictures import SUFFIXES
from nasattn.errors import UserError


def find_pictures(root: Path) -> Source:
    """Find ``root/{train,test}/CLASS/*`` (and ``val``, if there), or ``root/CLASS/*``.

    No picture is opened yet. Without ``test`` a fixed share of them becomes the test set.

    Raises:
        UserError: a folder is missing or empty, or the parts have different classes.
    """
    if not root.is_dir():
        raise UserError(f"{root.absolute()}: no such folder; set [data] root to the pictures")
    names = _folders(root)
    if not {"train", "test"} & set(names):
        classes = _classes(root)
        return Source(_files(root, ".", classes), None, None, classes, str(root))
    for part in ("train", "test"):
        if part not in names:
            raise UserError(f"{root / part}: no such folder, but {root} has {', '.join(names)}")
    classes = _classes(root / "train")
    train, test = _files(root, "train", classes), _files(root, "test", classes)
    validation = _files(root, "val", classes) if "val" in names else None
    return Source(train, validation, test, classes, str(root))


def _folders(folder: Path) -> tuple[str, ...]:
    return tuple(
        sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    )


def _classes(folder: Path) -> tuple[str, ...]:
    if classes := _folders(folder):
        return classes
    raise UserError(f"{folder}: no folder in it, but must have one for each class")


def _files(root: Path, part: str, classes: tuple[str, ...]) -> Files:
    folder = root / part
    if different := sorted(set(_folders(folder)) ^ set(classes)):
        raise UserError(f"{folder}: classes differ from those of the training folder: {different}")
    names: list[bytes] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        of_class = sorted(p for p in (folder / name).iterdir() if _is_picture(p))
        if not of_class:
            raise UserError(f"{folder / name}: no picture ({', '.join(sorted(SUFFIXES))})")
        names += [os.fsencode(path.relative_to(root)) for path in of_class]
        labels += [label] * len(of_class)
    return Files(root, np.array(names), torch.tensor(labels))


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")

"""CIFAR-10 and CIFAR-100 as torchvision keeps them; nothing is downloaded."""

import pickle
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from nasattn.data.images import Images, Source
from nasattn.errors import UserError

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10


def read_cifar(name: str, root: Path) -> Source:
    """Read ``cifar10`` or ``cifar100`` from ``root``; see ``read_archive``."""
    from torchvision import datasets  # takes seconds, and other data sets need none of it

    return read_archive({"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name], root)


def read_archive(archive: type["CIFAR10"], root: Path) -> Source:
    """Read the 50,000 training and 10,000 test images, 3×32×32.

    Args:
        archive: torchvision's class, which knows the names and checksums of its files.
        root: The folder that holds ``archive.base_folder``.

    Raises:
        UserError: the files are not there, or are damaged.
    """
    folder = root.absolute() / archive.base_folder
    try:
        with warnings.catch_warnings():
            # The files were written by Python 2; new NumPy grumbles at how they spell a flag.
            warnings.simplefilter("ignore", np.exceptions.VisibleDeprecationWarning)
            train, test = archive(root, train=True), archive(root, train=False)
    except (RuntimeError, OSError, pickle.UnpicklingError) as error:
        reason = "its files are damaged" if folder.is_dir() else "no such folder"
        raise UserError(
            f"{folder}: {reason}; unpack {archive.filename} in {root.absolute()}, "
            "or set [data] root to the folder that holds it"
        ) from error
    classes = tuple(train.classes)
    return Source(_images(train), None, _images(test), classes, str(folder))


def _images(part: "CIFAR10") -> Images:
    pixels = torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous()
    return Images(pixels, torch.tensor(part.targets))

"""CIFAR-10 and CIFAR-100 as torchvision keeps them; nothing is downloaded unasked."""

import pickle
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from nasattn.data.images import Images, Source
from nasattn.data.spec import DOWNLOADABLE, DataSpec
from nasattn.errors import FailedError, UserError

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10


def read_cifar(name: str, root: Path) -> Source:
    """Read ``cifar10`` or ``cifar100`` from ``root``; see ``read_archive``."""
    return read_archive(_archive(name), root)


def download(spec: DataSpec) -> None:
    """Download a data set into its ``root``, unless it is there; 170 MB.

    Raises:
        UserError: it is none that can be downloaded.
        FailedError: the download failed, or came damaged.
    """
    if spec.name not in DOWNLOADABLE:
        raise UserError(
            f'data set "{spec.name}" cannot be downloaded; only {" and ".join(DOWNLOADABLE)} can'
        )
    archive, root = _archive(spec.name), Path(spec.root or "").expanduser()
    try:
        with _old_pickles():
            archive(root, download=True)
    except (OSError, HTTPException, RuntimeError) as error:
        raise FailedError(f"{archive.url} cannot be downloaded to {root}: {error}") from error


def _archive(name: str) -> type["CIFAR10"]:
    from torchvision import datasets  # takes seconds, and other data sets need none of it

    archive: type[CIFAR10] = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
    return archive


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
        with _old_pickles():
            train, test = archive(root, train=True), archive(root, train=False)
    except (RuntimeError, OSError, pickle.UnpicklingError) as error:
        reason = "its files are damaged" if folder.is_dir() else "no such folder"
        raise UserError(
            f"{folder}: {reason}; nasattn search --download fetches them, or unpack "
            f"{archive.filename} in {root.absolute()}, or set [data] root to the folder that "
            "holds it"
        ) from error
    classes = tuple(train.classes)
    return Source(_images(train), None, _images(test), classes, str(folder))


@contextmanager
def _old_pickles() -> Iterator[None]:
    """Bear with files that Python 2 wrote: new NumPy grumbles at how they spell a flag."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.VisibleDeprecationWarning)
        yield


def _images(part: "CIFAR10") -> Images:
    pixels = torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous()
    return Images(pixels, torch.tensor(part.targets))

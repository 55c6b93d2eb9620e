"""Folders of pictures, one folder for each class."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from nasattn.data.fit import fitted
from nasattn.data.images import Images, Source
from nasattn.data.spec import DataSpec
from nasattn.errors import UserError

SUFFIXES = frozenset(
    {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
_BATCH = 256  # pictures
_GREY = frozenset({"1", "LA"})
_COLOUR = frozenset({"CMYK", "HSV", "LAB", "PA", "RGBA", "RGBX", "YCbCr"})


def read_imagefolder(spec: DataSpec, root: Path) -> Source:
    """Decode ``root/{train,test}/CLASS/*`` (and ``val``, if there), or ``root/CLASS/*``.

    Pictures are decoded by several threads into memory. Grey ones stay grey unless others are
    in colour. Without ``test`` a fixed share of the images becomes the test set.

    Raises:
        UserError: a folder is missing or empty, the parts have different classes, a picture
            cannot be decoded, or pictures have different sizes and ``resize`` is left out.
    """
    if not root.is_dir():
        raise UserError(f"{root.absolute()}: no such folder; set [data] root to the pictures")
    names = _folders(root)
    if not {"train", "test"} & set(names):
        classes = _classes(root)
        return Source(_read(root, classes, spec), None, None, classes, str(root))
    for part in ("train", "test"):
        if part not in names:
            raise UserError(f"{root / part}: no such folder, but {root} has {', '.join(names)}")
    classes = _classes(root / "train")
    train, test = _read(root / "train", classes, spec), _read(root / "test", classes, spec)
    validation = _read(root / "val", classes, spec) if "val" in names else None
    return Source(train, validation, test, classes, str(root))


def _folders(folder: Path) -> tuple[str, ...]:
    return tuple(
        sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    )


def _classes(folder: Path) -> tuple[str, ...]:
    if classes := _folders(folder):
        return classes
    raise UserError(f"{folder}: no folder in it, but must have one for each class")


def _read(folder: Path, classes: tuple[str, ...], spec: DataSpec) -> Images:
    if different := sorted(set(_folders(folder)) ^ set(classes)):
        raise UserError(f"{folder}: classes differ from those of the training folder: {different}")
    paths, labels = [], []
    for label, name in enumerate(classes):
        of_class = sorted(p for p in (folder / name).iterdir() if _is_picture(p))
        if not of_class:
            raise UserError(f"{folder / name}: no picture ({', '.join(sorted(SUFFIXES))})")
        paths += of_class
        labels += [label] * len(of_class)
    return Images(_stacked(_decode_all(paths, spec), paths), torch.tensor(labels))


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def _decode_all(paths: Sequence[Path], spec: DataSpec) -> list[Tensor]:
    # Whole batches to a thread: for small pictures handing over costs more than decoding.
    batches = [paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH)]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        decoded = pool.map(partial(_decode_batch, spec=spec), batches)
        return [picture for batch in decoded for picture in batch]


def _decode_batch(paths: Sequence[Path], spec: DataSpec) -> list[Tensor]:
    """Return pictures as ``(C, H, W)``, with what ``spec`` asks for applied."""
    pictures: list[Tensor] = []
    for _, same_shape in groupby([_decode(path) for path in paths], key=np.shape):
        pixels = torch.from_numpy(np.stack(list(same_shape))).permute(0, 3, 1, 2)
        pictures += fitted(pixels.contiguous(), spec, str(paths[0].parent)).unbind()
    return pictures


def _decode(path: Path) -> NDArray[np.uint8]:
    """Return one picture as ``(H, W, C)``."""
    try:
        with Image.open(path) as picture:
            pixels = np.asarray(_plain(picture, path))
    except (OSError, ValueError, SyntaxError) as error:
        raise UserError(f"{path}: cannot be decoded: {error}") from None
    return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]


def _plain(picture: Image.Image, path: Path) -> Image.Image:
    """Return the picture in mode L or RGB; transparency is dropped."""
    if picture.mode in {"L", "RGB"}:
        return picture
    if picture.mode in _GREY:
        return picture.convert("L")
    if picture.mode == "P":
        return picture.convert("RGBA").convert("RGB")  # else Pillow warns of transparent colours
    if picture.mode in _COLOUR:
        return picture.convert("RGB")
    raise UserError(f"{path}: pixels of mode {picture.mode}, but must have 8 bits a channel")


def _stacked(pictures: Sequence[Tensor], paths: Sequence[Path]) -> Tensor:
    """Stack pictures of one size; grey ones among colour ones are repeated over the channels."""
    channels = max(len(picture) for picture in pictures)
    for picture, path in zip(pictures, paths, strict=True):
        if picture.shape[1:] != pictures[0].shape[1:]:
            raise UserError(
                f"{path}: {_size(picture)} pixels, but {paths[0]} has {_size(pictures[0])}; "
                "set [data] resize to bring all pictures to one size"
            )
    return torch.stack([picture.expand(channels, -1, -1) for picture in pictures])


def _size(picture: Tensor) -> str:
    return "×".join(str(length) for length in picture.shape[1:])

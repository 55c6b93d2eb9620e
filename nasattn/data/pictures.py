"""Picture files: what their first bytes tell, and their pixels."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from nasattn.data.fit import Fit, fitted
from nasattn.errors import UserError

SUFFIXES = frozenset(
    {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
_HEAD = 4096  # bytes
_GREY = frozenset({"1", "L", "LA"})
_COLOUR = frozenset({"CMYK", "HSV", "LAB", "P", "PA", "RGB", "RGBA", "RGBX", "YCbCr"})


@dataclass(frozen=True, slots=True)
class Header:
    """What can be told of a picture without decoding it.

    Args:
        channels: 1 or 3.
        height: In pixels.
        width: In pixels.
        mark: Changes with the file's length or its first 4,096 bytes.
    """

    channels: int
    height: int
    width: int
    mark: bytes


def read_header(path: Path) -> Header:
    """Read the header of one picture.

    Raises:
        UserError: it has none, or has pixels of a kind that cannot be used.
    """
    with _explained(path), path.open("rb") as file:
        head = file.read(_HEAD)
        length = file.seek(0, 2)
        file.seek(0)
        with Image.open(file) as picture:
            channels = 1 if _mode(picture, path) == "L" else 3
            mark = sha256(length.to_bytes(8, "big") + head).digest()
            return Header(channels, picture.height, picture.width, mark)


def decode(paths: Sequence[Path], spec: Fit) -> list[Tensor]:
    """Return pictures as ``(C, H, W)``, uint8, with what ``spec`` asks for applied.

    Raises:
        UserError: one cannot be decoded; the message names it.
    """
    pictures: list[Tensor] = []
    for _, same_shape in groupby([_pixels(path) for path in paths], key=np.shape):
        pixels = torch.from_numpy(np.stack(list(same_shape))).permute(0, 3, 1, 2)
        pictures += fitted(pixels.contiguous(), spec, str(paths[0].parent)).unbind()
    return pictures


def _pixels(path: Path) -> NDArray[np.uint8]:
    """Return one picture as ``(H, W, C)``."""
    with _explained(path), Image.open(path) as picture:
        mode = _mode(picture, path)
        # By way of RGBA, or Pillow warns of palettes with transparent colours.
        plain = picture.convert("RGBA") if picture.mode == "P" else picture
        pixels = np.asarray(plain if plain.mode == mode else plain.convert(mode))
    return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]


def _mode(picture: Image.Image, path: Path) -> str:
    """Return the mode, L or RGB, in which a picture is used; transparency is dropped."""
    if picture.mode in _GREY:
        return "L"
    if picture.mode in _COLOUR:
        return "RGB"
    raise UserError(f"{path}: pixels of mode {picture.mode}, but must have 8 bits a channel")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise UserError(f"{path}: {str(error.strerror).lower()}") from None
    except Exception as error:  # on damaged files Pillow's decoders raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path}: cannot be decoded: {reason}") from None

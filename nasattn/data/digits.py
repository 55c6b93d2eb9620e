"""Handwritten digits, 8×8, grey: real images that come inside scikit-learn."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from nasattn.data.images import Images, Source
from nasattn.errors import FailedError


def read_digits() -> Source:
    """Return the 1,797 digits, without a test set of their own.

    Pixels of 0 to 16 are spread over 0 to 255.

    Source: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998.
    """
    values = _table()
    pixels = (values[:, :64].reshape(-1, 1, 8, 8) * (255 / 16)).round().to(torch.uint8)
    classes = tuple(str(digit) for digit in range(10))
    return Source(Images(pixels, values[:, 64].long()), None, None, classes, "data set digits")


def _table() -> Tensor:
    """Return 64 pixels and the label of each image, ``(1797, 65)``.

    Read from scikit-learn's file: importing the package takes longer than training on it.
    """
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise FailedError('data set "digits" needs the package scikit-learn')
    file = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    return torch.from_numpy(np.loadtxt(file, delimiter=","))

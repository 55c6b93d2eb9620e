"""Labelled picture files that are not decoded yet."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nasattn.data.images import Images
from nasattn.data.pictures import decode, read_header
from nasattn.data.spec import DataSpec
from nasattn.data.stream import StreamedImages, fit_mark, num_workers
from nasattn.data.threads import by_threads
from nasattn.errors import UserError


@dataclass(frozen=True, eq=False, slots=True)
class Files:
    """Labelled picture files.

    Args:
        root: The folder that the names are relative to.
        names: ``(N,)``: bytes, a fraction of the memory of as many paths.
        labels: ``(N,)``, int64, counted from 0.
    """

    root: Path
    names: NDArray[np.bytes_]
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Tensor) -> "Files":
        """Return the files at ``indices``, in that order."""
        return Files(self.root, self.names[indices.numpy()], self.labels[indices])

    def path(self, index: int) -> Path:
        """Return the path of one file."""
        return self.root / os.fsdecode(self.names[index])

    def decoded(self, spec: DataSpec) -> Images:
        """Decode all files by several threads into memory.

        Raises:
            UserError: a file cannot be decoded, or sizes differ; the message names it.
        """
        pictures = by_threads(_FileReader(self, spec), range(len(self)))
        channels = max(len(picture) for picture in pictures)
        self._check_sizes([picture.shape[1:] for picture in pictures])
        stacked = torch.stack([picture.expand(channels, -1, -1) for picture in pictures])
        return Images(stacked, self.labels)

    def streamed(self, spec: DataSpec) -> StreamedImages:
        """Read the header of every file, and leave its pixels for later.

        Raises:
            UserError: a file is no picture, or sizes differ; the message names it.
        """
        headers = by_threads(
            lambda indices: [read_header(self.path(index)) for index in indices], range(len(self))
        )
        if spec.resize is None:
            self._check_sizes([(header.height, header.width) for header in headers])
        height, width = spec.resize or headers[0].height, spec.resize or headers[0].width
        channels = spec.channels or max(header.channels for header in headers)
        content = sha256(b"".join(header.mark for header in headers)).digest()
        marks = (content, b"\0".join(self.names.tolist()), fit_mark(spec))
        reader = _FileReader(self, spec)
        shape = (channels, height, width)
        return StreamedImages(reader, self.labels, shape, marks, num_workers(spec))

    def _check_sizes(self, sizes: Sequence[Sequence[int]]) -> None:
        for index, size in enumerate(sizes):
            if tuple(size) != tuple(sizes[0]):
                raise UserError(
                    f"{self.path(index)}: {_size(size)} pixels, but {self.path(0)} has "
                    f"{_size(sizes[0])}; set [data] resize to bring all pictures to one size"
                )


@dataclass(frozen=True, eq=False, slots=True)
class _FileReader:
    files: Files
    spec: DataSpec

    def __call__(self, indices: Sequence[int]) -> list[Tensor]:
        return decode([self.files.path(index) for index in indices], self.spec)


def _size(size: Sequence[int]) -> str:
    return "×".join(str(length) for length in size)

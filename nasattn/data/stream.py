"""Images that are read while they are trained on, because they do not all fit into memory."""

import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol, cast

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from nasattn.data.fit import fitted
from nasattn.data.images import Images, Shape
from nasattn.data.spec import DataSpec
from nasattn.data.split import stratified_order
from nasattn.data.threads import by_threads
from nasattn.errors import FailedError, UserError

SAMPLE = 2048
_MAX_WORKERS = 8


class Reader(Protocol):
    """Reads images by their numbers; it can be sent to another process."""

    def __call__(self, indices: Sequence[int]) -> list[Tensor]:
        """Return images ``(C, H, W)``, uint8, of the size that the study asks for.

        Raises:
            UserError: one cannot be read; the message names it.
        """


@dataclass(frozen=True, eq=False, slots=True)
class StreamedImages:
    """Labelled images that worker processes read when they are needed.

    What comes out, and in which order, does not depend on the number of workers.

    Args:
        reader: Where the images come from.
        labels: ``(N,)``, int64, counted from 0, on the device where the batches will be.
        shape: The (C, H, W) of each image.
        marks: What changes when an image does.
        workers: Processes that read; with 0 the training itself reads.
    """

    reader: Reader
    labels: Tensor
    shape: Shape
    marks: tuple[bytes, ...]
    workers: int

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "StreamedImages":
        """Return the same images with their batches on ``device``."""
        return replace(self, labels=self.labels.to(device))

    def joined(self, other: "StreamedImages") -> "StreamedImages":
        """Return these images and after them the others."""
        reader = _Joined(self.reader, other.reader, len(self))
        labels = torch.cat([self.labels, other.labels])
        return replace(self, reader=reader, labels=labels, marks=self.marks + other.marks)

    def in_colour(self, channels: int) -> "StreamedImages":
        """Return the same images with a grey channel repeated ``channels`` times."""
        if self.shape[0] != 1:
            return self
        return replace(self, shape=(channels, *self.shape[1:]))

    def batches(self, order: Tensor | None, size: int) -> Iterator[Images]:
        """Yield the images at ``order`` (all as they come if None), ``size`` at a time.

        Raises:
            FailedError: an image cannot be read; the message names it.
        """
        device = self.labels.device
        order = torch.arange(len(self)) if order is None else order.cpu()
        labels = torch.split(self.labels[order.to(device)], size)
        loader = DataLoader(
            _Batches(self.reader, self.shape[0]),
            batch_size=None,  # the sampler gives whole batches
            sampler=[part.tolist() for part in torch.split(order, size)],
            num_workers=self.workers,
            pin_memory=device.type == "cuda",
            generator=torch.Generator(),  # the global one belongs to dropout
            worker_init_fn=_leave_signals_alone,
        )
        for found, of_batch in zip(loader, labels, strict=True):
            if isinstance(found, str):
                raise FailedError(found)
            yield Images(found.to(device, non_blocking=True), of_batch)

    def sample(self) -> Tensor:
        """Return a fixed, stratified sample of at most 2,048 images."""
        chosen = stratified_order(self.labels.cpu(), "statistics")[:SAMPLE].sort().values
        return _stacked(by_threads(self.reader, chosen.tolist()), self.shape[0])

    def identity(self) -> Iterator[bytes | memoryview]:
        """Yield shape, marks and labels."""
        yield str((len(self), *self.shape)).encode()
        yield from self.marks
        yield self.labels.cpu().contiguous().numpy().data


def streamed(images: Images, spec: DataSpec, place: str) -> StreamedImages:
    """Return images that are in the machine's memory as a stream of what ``spec`` makes of them.

    Raises:
        UserError: their channels cannot be converted.
    """
    reader = _ArrayReader(images.images, spec, place)
    shape = tuple(reader([0])[0].shape)
    marks = (sha256(images.images.contiguous().numpy().data).digest(), fit_mark(spec))
    return StreamedImages(reader, images.labels, cast("Shape", shape), marks, num_workers(spec))


def fit_mark(spec: DataSpec) -> bytes:
    """Return what changes when images are fitted otherwise."""
    return str((spec.resize, spec.channels)).encode()


def num_workers(spec: DataSpec) -> int:
    """Return how many processes read: what ``spec`` says, else one for each core but one."""
    if spec.workers is not None:
        return spec.workers
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(_MAX_WORKERS, max(1, (usable or 1) - 1))


@dataclass(frozen=True, eq=False, slots=True)
class _ArrayReader:
    pixels: Tensor
    spec: DataSpec
    place: str

    def __call__(self, indices: Sequence[int]) -> list[Tensor]:
        chosen = self.pixels[torch.tensor(indices, dtype=torch.int64)]
        return list(fitted(chosen, self.spec, self.place))


@dataclass(frozen=True, eq=False, slots=True)
class _Joined:
    """Reads from ``first`` the numbers below ``boundary``, the others from ``second``."""

    first: Reader
    second: Reader
    boundary: int

    def __call__(self, indices: Sequence[int]) -> list[Tensor]:
        early = [i for i in indices if i < self.boundary]
        late = [i - self.boundary for i in indices if i >= self.boundary]
        first = iter(self.first(early) if early else ())
        second = iter(self.second(late) if late else ())
        return [next(first if i < self.boundary else second) for i in indices]


class _Batches(Dataset[Tensor | str]):
    """From the numbers of a batch to its pixels, or to what is wrong with one of them.

    An error that a worker process raises would arrive with its traceback as the message.
    """

    def __init__(self, reader: Reader, channels: int) -> None:
        self._reader, self._channels = reader, channels

    def __getitem__(self, indices: Sequence[int]) -> Tensor | str:
        try:
            return _stacked(self._reader(indices), self._channels)
        except UserError as error:
            return str(error)


def _stacked(images: Sequence[Tensor], channels: int) -> Tensor:
    return torch.stack([image.expand(channels, -1, -1) for image in images])


def _leave_signals_alone(_worker: int) -> None:
    # A key press reaches all processes; only the training decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

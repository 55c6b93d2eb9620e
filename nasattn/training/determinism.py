"""What makes two runs equal: seeds, threads and deterministic algorithms."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy
import torch

from nasattn.seeding import derive_seed


def seed_of(study_seed: int, repeat: int) -> int:
    """Return the seed of a study's repeat; it depends on no architecture, trial or worker."""
    return derive_seed(study_seed, "repeat", repeat)


@dataclass(frozen=True, slots=True)
class _Settings:
    """The global settings of torch on which the numbers of a training depend."""

    threads: int
    algorithms: bool
    warn_only: bool
    fill_memory: bool
    benchmark: bool

    @staticmethod
    def now() -> "_Settings":
        return _Settings(
            threads=torch.get_num_threads(),
            algorithms=torch.are_deterministic_algorithms_enabled(),
            warn_only=torch.is_deterministic_algorithms_warn_only_enabled(),
            fill_memory=torch.utils.deterministic.fill_uninitialized_memory,  # type: ignore[attr-defined]  # torch makes it at run time
            benchmark=torch.backends.cudnn.benchmark,
        )

    def apply(self) -> None:
        torch.set_num_threads(self.threads)
        torch.use_deterministic_algorithms(self.algorithms, warn_only=self.warn_only)
        torch.utils.deterministic.fill_uninitialized_memory = self.fill_memory  # type: ignore[attr-defined]  # as above
        torch.backends.cudnn.benchmark = self.benchmark


@contextmanager
def deterministic(threads: int) -> Iterator[None]:
    """Train on ``threads`` CPU threads and with deterministic algorithms, then restore both.

    Where PyTorch has no deterministic form of an operation on the device it warns and goes on:
    the trial is then not bit-equal when repeated.
    """
    # cuBLAS reads this when it starts; without it its sums have no fixed order.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = _Settings.now()
    try:
        # Filling new memory would find operations that read it unwritten, at a cost to every step.
        _Settings(
            threads, algorithms=True, warn_only=True, fill_memory=False, benchmark=False
        ).apply()
        yield
    finally:
        before.apply()


@contextmanager
def own_randomness(seed: int, device: torch.device) -> Iterator[None]:
    """Give dropout and its like a stream from ``seed``; the caller's generators stay untouched.

    So do Python's and NumPy's generators, which a network of the user's may draw from.
    """
    devices = [device] if device.type == "cuda" else []
    python, in_numpy = random.getstate(), numpy.random.get_state()  # noqa: NPY002 - the global one
    try:
        with torch.random.fork_rng(devices=devices, device_type="cuda"):
            torch.manual_seed(seed)
            random.seed(seed)
            numpy.random.seed(seed % 2**32)  # noqa: NPY002 - as above
            yield
    finally:
        random.setstate(python)
        numpy.random.set_state(in_numpy)  # noqa: NPY002 - as above


def stream(seed: int, purpose: str, epoch: int) -> torch.Generator:
    """Return the CPU generator of one purpose in one epoch.

    A stream of its own for each epoch: where a training stands is its epoch's number alone.
    """
    return torch.Generator().manual_seed(derive_seed(seed, purpose, epoch))

"""How long a network takes, measured."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch.utils.benchmark import Timer

_SECONDS = 0.5
_LEAST_RUNS = 10


@dataclass(frozen=True, slots=True)
class Latency:
    """The time of one forward pass.

    Attributes:
        median_ms: Over the measurements.
        iqr_ms: The interquartile range of the measurements.
        runs: How many forward passes were timed.
    """

    median_ms: float
    iqr_ms: float
    runs: int


def measure_latency(forward: Callable[[], object], device: torch.device, threads: int) -> Latency:
    """Time ``forward`` for half a second and at least ten runs, after a warm-up.

    Args:
        forward: What is timed; it must not need a gradient.
        device: Waited for after each run, where it works on its own.
        threads: CPU threads.
    """

    def run() -> None:
        forward()
        if device.type != "cpu":
            torch.accelerator.synchronize(device)

    timer = _timer()("run()", globals={"run": run}, num_threads=threads)
    once = timer.timeit(3).median  # and the warm-up: what is compiled or cached is so from here on
    found = timer.blocked_autorange(min_run_time=max(_SECONDS, _LEAST_RUNS * once))
    runs = len(found.times) * found.number_per_run
    return Latency(1e3 * found.median, 1e3 * found.iqr, runs)


def _timer() -> "type[Timer]":
    # With it comes what compiles C++, which warns where there is a CUDA toolkit but no GPU.
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    from torch.utils.benchmark import Timer  # takes a second, and most commands measure nothing

    return Timer

"""How long attention modules take, as a ratio to their authors' formulation in plain torch.

Usage: python benchmarks/modules.py [--pairs 15] [NAME …]

Forward and backward, in training, float32, CPU. Both sides share parameters and input and must
give the same output. Each pair is timed one right after the other and back again, one side first
and last, in the next pair the other, so that a drift cancels; the ratio printed is the median of
the pairs' ratios. Where it is above 1.03 (1.01 for bare networks), it is measured anew with four
times the pairs, and only that figure counts. The last rows hold the bare networks that `build`
returns for an architecture without placements against the factory's own.
"""

import argparse
import ctypes
import math
import platform
from collections.abc import Callable, Iterator
from statistics import geometric_mean, median, quantiles
from time import perf_counter

import torch
from plain_modules import PLAIN, Plain
from torch import Tensor, nn

from nasattn import attention
from nasattn.backbones import create
from nasattn.placement import build, canonical

SHAPES = [(c, (s, s)) for c in (64, 128, 256) for s in (32, 16, 8)]
BATCH = 16
# A timing shorter than this is mostly the clock and the interpreter.
LEAST_SECONDS = 0.01
MODULE_BAR, BARE_BAR = 1.03, 1.01
BARE = ("resnet20", "resnet18", "torchvision:mobilenet_v2")


class Written(nn.Module):
    """A formulation as a module: what calling one costs is on both sides."""

    def __init__(self, plain: Plain, module: nn.Module) -> None:
        super().__init__()
        self._plain, self._module = plain, (module,)

    def forward(self, x: Tensor) -> Tensor:
        return self._plain(self._module[0], x)


def step(compute: Callable[[Tensor], Tensor], x: Tensor, weights: Tensor, repeats: int) -> float:
    """Return the seconds of one forward and backward."""
    started = perf_counter()
    for _ in range(repeats):
        x.grad = None
        compute(x).backward(weights)
    return (perf_counter() - started) / repeats


def ratios(
    ours: Callable[[Tensor], Tensor], plain: Callable[[Tensor], Tensor], x: Tensor, pairs: int
) -> list[float]:
    """Return ours over plain for each pair, after warming up."""
    weights = torch.randn_like(plain(x))
    for _ in range(3):
        once = step(plain, x, weights, 1)
        step(ours, x, weights, 1)
    repeats = max(1, math.ceil(LEAST_SECONDS / once))
    found = []
    for number in range(pairs):
        first, second = (ours, plain) if number % 2 else (plain, ours)
        seconds = {ours: 0.0, plain: 0.0}
        for compute in (first, second, second, first):
            seconds[compute] += step(compute, x, weights, repeats)
        found.append(seconds[ours] / seconds[plain])
    return found


def surer_ratios(
    ours: Callable[[Tensor], Tensor],
    plain: Callable[[Tensor], Tensor],
    x: Tensor,
    pairs: int,
    bar: float,
) -> list[float]:
    """Return the ratios, or those of four times the pairs where their median is above the bar."""
    found = ratios(ours, plain, x, pairs)
    return found if median(found) <= bar else ratios(ours, plain, x, 4 * pairs)


def module_ratios(name: str, pairs: int) -> Iterator[list[float]]:
    for channels, size in SHAPES:
        module = attention.create(name, channels, size).train()
        x = torch.randn(BATCH, channels, *size).requires_grad_()

        plain = Written(PLAIN[name], module)
        torch.testing.assert_close(module(x), plain(x), rtol=1e-4, atol=1e-5)
        yield surer_ratios(module, plain, x, pairs, MODULE_BAR)


def bare_ratios(name: str, pairs: int) -> list[float]:
    shape = (3, 32, 32) if ":" not in name else (3, 64, 64)
    torch.manual_seed(0)
    built = build(canonical(name, {}, shape, ()), num_classes=10).train()
    plain = create(name).train()
    x = torch.randn(BATCH, *shape).requires_grad_()
    return surer_ratios(built, plain, x, pairs, BARE_BAR)


def keep_freed_memory() -> None:
    """Let the allocator keep what is freed: fresh pages cost either side as much as large maps do.

    Does nothing but with the GNU C library.
    """
    trim_threshold, mmap_threshold = -1, -3
    if platform.libc_ver()[0] == "glibc":
        for parameter in (trim_threshold, mmap_threshold):
            ctypes.CDLL(None).mallopt(parameter, 1 << 30)


def spread(found: list[float]) -> str:
    low, middle, high = quantiles(found, n=4)
    return f"{middle:.3f} ({low:.2f}–{high:.2f}), n = {len(found)}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(attention.ENTRIES))
    parser.add_argument("--pairs", type=int, default=15)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    print(f"torch {torch.__version__}, {platform.processor() or platform.machine()}, 1 thread")
    print(f"batch {BATCH}, {asked.pairs} interleaved pairs: median (quartiles)")
    means = []
    for name in asked.names:
        medians = []
        for (channels, size), found in zip(SHAPES, module_ratios(name, asked.pairs), strict=True):
            medians.append(median(found))
            print(f"{name:8} {channels:3} × {size[0]:2}×{size[1]:<2} {spread(found)}", flush=True)
        means.append(geometric_mean(medians))
        print(f"{name:8} geometric mean {means[-1]:.3f}, largest {max(medians):.3f}")
    print(f"all modules: geometric mean {geometric_mean(means):.3f}")
    for name in BARE:
        print(f"without placements, {name}: {spread(bare_ratios(name, asked.pairs))}", flush=True)


if __name__ == "__main__":
    main()

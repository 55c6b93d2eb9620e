"""How fast training is, as a ratio to the bare step loop and to an ordinary DataLoader loop.

Usage: python benchmarks/training.py [--pairs 20] [--threads N] [--device cpu] [NAME …]

Images per second on 32×32 colour pictures with crop and flip, batches of 128, SGD with momentum,
the precision that a study takes by default on the device, evaluation excluded, all under
deterministic algorithms:

nasattn     the product's own epoch: order, augmentation, steps, finite check
bare        forward, backward and step on batches made ready before the clock starts: the limit
DataLoader  torchvision's transforms on each picture, two worker processes, the same bare step, in a
            process of its own: an ordinary script, without what nasattn sets in its own process

The three run in turn, again and again, and the ratios are medians over those rounds. The ratio of
processor times beside it tells the loops apart from other programs on a machine that is not idle.
Then: what a checkpoint adds to an epoch of at least five seconds, and how long a trial takes to its
first step.
"""

import argparse
import math
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, process_time

# As the product does, before torch is imported: waiting threads must not spin.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

sys.path.insert(0, str(Path(__file__).parent.parent))

from nasattn.backbones import create
from nasattn.cost import CostModel
from nasattn.data import Images, Splits
from nasattn.placement import build, canonical
from nasattn.search.study.environment import default_threads, environment
from nasattn.training import Checkpoints, FolderShelf, Optimizer, Recipe, Training, deterministic
from nasattn.training.augment import Normalise
from nasattn.training.batches import epoch_batches
from nasattn.training.device import resolve_recipe
from nasattn.training.precision import autocast

SHAPE = (3, 32, 32)
BATCH = 128
# A timing shorter than this is mostly noise; in a longer one the machine changes between the three.
LEAST_SECONDS = 0.5
BARS = {"bare": 0.93, "DataLoader": 1.0}
CHECKPOINT_BAR, START_BAR = 0.02, 1.0

Batch = tuple[Tensor, Tensor]
Step = Callable[[Tensor, Tensor], None]


def pictures(count: int) -> Splits:
    """Return ``count`` random pictures of ten classes to train on, and a few others."""
    generator = torch.Generator().manual_seed(0)

    def some(number: int) -> Images:
        images = torch.randint(0, 256, (number, *SHAPE), dtype=torch.uint8, generator=generator)
        return Images(images, torch.randint(0, 10, (number,), generator=generator))

    classes = tuple("abcdefghij")
    return Splits(some(count), some(10), some(10), classes, (0.5,) * 3, (0.29,) * 3)


def recipe_for(device: torch.device) -> Recipe:
    recipe = Recipe(
        batch_size=BATCH,
        optimizer=Optimizer(lr=0.01, momentum=0.9, weight_decay=5e-4),
        augment=("crop", "flip"),
    )
    return resolve_recipe(recipe, device)


def network(name: str, device: torch.device) -> nn.Module:
    torch.manual_seed(0)
    return create(name, 10, 3).to(device, memory_format=torch.channels_last).train()


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class Product:
    """(a) An epoch of nasattn's own loop, without its evaluation."""

    def __init__(self, name: str, splits: Splits, device: torch.device) -> None:
        self._training = Training(
            network(name, device), splits, recipe_for(device), seed=0, device=device, check=list
        )
        self._epoch = 0

    def __call__(self) -> None:
        """Train an epoch."""
        self._epoch += 1
        self._training._train_steps(self._epoch)


def bare_step(net: nn.Module, recipe: Recipe) -> Step:
    optimizer = torch.optim.SGD(
        net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, fused=True
    )

    def step(images: Tensor, labels: Tensor) -> None:
        with autocast(recipe.precision, images.device):
            outputs = net(images)
        F.cross_entropy(outputs.float(), labels).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


class Bare:
    """(b) Forward, backward and step on batches that are ready on the device."""

    def __init__(self, name: str, splits: Splits, device: torch.device) -> None:
        recipe = recipe_for(device)
        normalise = Normalise(splits.mean, splits.std, device, channels_last=True)
        self._batches = list(epoch_batches(splits.to(device), normalise, recipe, 0, 1))
        self._step = bare_step(network(name, device), recipe)

    def __call__(self) -> None:
        """Train an epoch."""
        for images, labels in self._batches:
            self._step(images, labels)


class Pictures(Dataset[tuple[Tensor, int]]):
    """Pictures as an ordinary script has them: one at a time, each transformed for itself."""

    def __init__(self, images: Images) -> None:
        self._images, self._labels = images.images, images.labels.tolist()
        self._transform = v2.Compose(
            [
                v2.RandomCrop(32, padding=4),
                v2.RandomHorizontalFlip(),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize([0.5] * 3, [0.29] * 3),
            ]
        )

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self._transform(self._images[index]), self._labels[index]


class Ordinary:
    """(c) A torchvision DataLoader with two workers, which live on between epochs."""

    def __init__(self, name: str, splits: Splits, device: torch.device) -> None:
        self._loader = DataLoader(
            Pictures(splits.train),
            BATCH,
            shuffle=True,
            num_workers=2,
            persistent_workers=True,
            pin_memory=device.type == "cuda",
        )
        self._step = bare_step(network(name, device), recipe_for(device))
        self._device = device

    def __call__(self) -> None:
        """Train an epoch."""
        for images, labels in self._loader:
            moved = images.to(self._device, memory_format=torch.channels_last, non_blocking=True)
            self._step(moved, labels.to(self._device, non_blocking=True))


def seconds(run: Callable[[], None], device: torch.device) -> float:
    wait(device)
    started = perf_counter()
    run()
    wait(device)
    return perf_counter() - started


class Apart:
    """The DataLoader loop as an ordinary script, in a process that waits between its epochs."""

    def __init__(self, name: str, steps: int, device: torch.device) -> None:
        context = get_context("spawn")
        self._script, other = context.Pipe()
        what = (other, name, steps, torch.get_num_threads(), device)
        self._process = context.Process(target=script, args=what)
        self._process.start()

    def __call__(self) -> None:
        """Train an epoch there."""
        self._script.send("epoch")
        self._script.recv()

    def end(self) -> None:
        """End the process."""
        self._script.send("end")
        self._process.join()


def script(orders: Connection, name: str, steps: int, threads: int, device: torch.device) -> None:
    """Train an epoch for each order, until the one to end."""
    with deterministic(threads):
        run = Ordinary(name, pictures(steps * BATCH), device)
        while orders.recv() == "epoch":
            run()
            wait(device)
            orders.send("done")


def steps_for(name: str, device: torch.device, least: float) -> int:
    """Return how many steps take at least so many seconds."""
    run = Bare(name, pictures(4 * BATCH), device)
    run()
    step = seconds(run, device) / 4
    return max(2, math.ceil(least / step))


@dataclass(frozen=True)
class Rounds:
    """What the three loops took in each round: images per second, and processor seconds."""

    steps: int
    speeds: list[list[float]]
    work: list[list[float]]


def speed_rounds(name: str, rounds: int, device: torch.device) -> Rounds:
    steps = steps_for(name, device, LEAST_SECONDS)
    splits = pictures(steps * BATCH)
    ordinary = Apart(name, steps, device)
    loops = [Product(name, splits, device), Bare(name, splits, device), ordinary]
    for run in loops:
        run()
    found = Rounds(steps, [], [])
    for number in range(rounds):
        speeds, work = [0.0] * 3, [0.0] * 3
        for index in islice(cycle(range(3)), number % 3, number % 3 + 3):
            before = process_time()
            speeds[index] = steps * BATCH / seconds(loops[index], device)
            work[index] = process_time() - before
        found.speeds.append(speeds)
        found.work.append(work)
    ordinary.end()
    return found


def spread(values: list[float], digits: int = 3) -> str:
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def verdict(value: float, bar: float, *, above: bool) -> str:
    met = value >= bar if above else value <= bar
    return f"bar {'≥' if above else '≤'} {bar}: {'met' if met else 'MISSED'}"


def report_speed(name: str, rounds: int, device: torch.device) -> None:
    found = speed_rounds(name, rounds, device)
    print(f"{name}: {rounds} rounds of {found.steps} steps, images/s, median (quartiles)")
    for index, what in enumerate(("nasattn", "bare", "DataLoader")):
        print(f"  {what:12} {spread([speeds[index] for speeds in found.speeds], 0)}")
    for index, (what, bar) in enumerate(BARS.items(), 1):
        ratios = [speeds[0] / speeds[index] for speeds in found.speeds]
        words = verdict(statistics.median(ratios), bar, above=True)
        print(f"  nasattn / {what}: {spread(ratios)}; {words}", flush=True)
    work = [bare / product for product, bare, _ in found.work]
    print(f"  bare / nasattn, processor time: {spread(work)}", flush=True)


def epochs(training: Training, kept: Checkpoints | None) -> Iterator[float]:
    """Yield the seconds of each epoch, a checkpoint being taken first and written beside it."""
    while True:
        started = perf_counter()
        if kept:
            kept.keep(training)
        training.train_epoch()
        yield perf_counter() - started


def report_checkpoints(name: str, rounds: int, device: torch.device) -> None:
    """Time epochs with and without a checkpoint in turn."""
    steps = steps_for(name, device, 5.5)
    splits, recipe = pictures(steps * BATCH), recipe_for(device)
    pairs = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Checkpoints(FolderShelf(Path(folder)), {"benchmark": 0}, {}) as kept,
    ):
        trainings = [
            Training(network(name, device), splits, recipe, seed=0, device=device, check=list)
            for _ in range(2)
        ]
        runs = [epochs(trainings[0], kept), epochs(trainings[1], None)]
        for run in runs:
            next(run)
        for number in range(rounds):
            order = runs if number % 2 else runs[::-1]
            timed = {id(run): next(run) for run in order}
            pairs.append((timed[id(runs[0])], timed[id(runs[1])]))
        parts = [keeping_seconds(kept, trainings[0]) for _ in range(rounds)]
    ratios = [with_it / without - 1 for with_it, without in pairs]
    base = statistics.median(without for _, without in pairs)
    words = verdict(statistics.median(ratios), CHECKPOINT_BAR, above=False)
    print(f"checkpoints of {name}: {rounds} pairs of epochs of {base:.1f} s")
    print(f"  added: {spread(ratios, 4)} of an epoch; {words}")
    copying, writing = (statistics.median(part) * 1000 for part in zip(*parts, strict=True))
    print(
        f"  the loop waits {copying:.1f} ms; the writing thread takes {writing:.1f} ms", flush=True
    )


def keeping_seconds(kept: Checkpoints, training: Training) -> tuple[float, float]:
    """Return the seconds of the copy that the loop waits for, and of the writing beside it."""
    started = perf_counter()
    kept.keep(training)
    copied = perf_counter()
    kept.wait()
    return copied - started, perf_counter() - copied


def start_seconds(name: str, device: torch.device, model: CostModel, splits: Splits) -> float:
    """Return the seconds from an architecture to the end of its first step."""
    started = perf_counter()
    architecture = canonical(name, {}, SHAPE, [])
    model.cost(architecture)
    net = build(architecture, 10, 0)
    training = Training(net, splits, recipe_for(device), seed=0, device=device, check=list)
    training._train_steps(1)
    wait(device)
    return perf_counter() - started


def report_start(name: str, rounds: int, device: torch.device) -> None:
    model, splits = CostModel(name, {}, SHAPE, 10), pictures(BATCH)
    found = [start_seconds(name, device, model, splits) for _ in range(rounds + 1)]
    words = verdict(statistics.median(found[1:]), START_BAR, above=False)
    print(f"start of a trial of {name} (build, cost, first step), {rounds} times, seconds")
    print(f"  {spread(found[1:])}, the first of all {found[0]:.3f}; {words}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=["resnet8", "resnet20", "mobilenet_v2"])
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    device = torch.device(asked.device)
    where = environment(device)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")
    precision = recipe_for(device).precision
    print(f"{where['device']}, {where['processor']}, {asked.threads} threads, {platform.system()}")
    print(f"precision {precision}, batches of {BATCH}")
    with deterministic(asked.threads):
        for name in asked.names:
            report_speed(name, asked.pairs, device)
        report_checkpoints("resnet20", asked.pairs, device)
        report_start("resnet20", asked.pairs, device)


if __name__ == "__main__":
    main()

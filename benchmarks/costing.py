"""How many architectures are costed a second, and how long `nasattn space show` thinks.

Usage: python benchmarks/costing.py      (one thread; medians of repeats, and their range)

Of each shipped search space: the rate from a canonical architecture to its costs (what a search
asks of each proposal), the rate from the outcomes chosen in each decision to the costs (tables
built once, sums over whole arrays; what `space show` draws with), and how many architectures
are drawn, checked and made canonical in a second before they can be costed. Then the seconds of
`space show` in a fresh process, from when torch is imported.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time

os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

REPEATS = 9
ARCHITECTURES = 1000
SHOWS = 5
BAR_RATE, BAR_SECONDS = 10_000, 2.0

SHOW = """
import sys, time
import torch
for name in sys.argv[3:]:
    __import__(name)
torch.set_num_threads(1)
from pathlib import Path
wall, own = time.perf_counter(), time.process_time()
from nasattn.report.space_page import space_page
from nasattn.search.study.shown_space import read_shown_space
from nasattn.space import describe, parse_budget
shown = read_shown_space(Path(sys.argv[1]), None)
space_page(describe(shown.file, shown.place, shown.num_classes, parse_budget(sys.argv[2], "")), 80)
print(time.perf_counter() - wall, time.process_time() - own)
"""


def spread(values: list[float], unit: str) -> str:
    """Write a median and its range."""
    digits = "{:,.0f}" if median(values) >= 100 else "{:.2f}"
    low, middle, high = (digits.format(v) for v in (min(values), median(values), max(values)))
    return f"{middle} {unit} ({low} to {high})"


def rates(count: int, work: Callable[[], object]) -> list[float]:
    """Return how often a second of the processor's time ``work`` does ``count`` things."""
    work()
    found = []
    for _ in range(REPEATS):
        started = process_time()
        work()
        found.append(count / (process_time() - started))
    return found


def time_space(path: Path) -> None:
    import numpy as np

    from nasattn.cost import cost_model
    from nasattn.search.proposing.choosers import RandomChooser
    from nasattn.space import decide, load_space
    from nasattn.space.sums import drawn, sums_of

    space = load_space(path)
    model = cost_model(space.architecture(()))
    seeds = range(ARCHITECTURES)
    proposals = [decide(space, RandomChooser(seed)) for seed in seeds]
    placed = np.mean([len(proposal.placements) for proposal in proposals])
    costed = rates(ARCHITECTURES, lambda: [model.cost(proposal) for proposal in proposals])
    parts = [sums_of(decision, model) for decision in space.decisions]
    summed = rates(100 * ARCHITECTURES, lambda: drawn(parts, 100 * ARCHITECTURES))
    made = rates(ARCHITECTURES, lambda: [decide(space, RandomChooser(seed)) for seed in seeds])
    verdict = "meets" if median(costed) >= BAR_RATE else "MISSES"
    print(f"{path.stem}: {placed:.1f} placements on average")
    print(f"  architecture to costs   {spread(costed, '/s')}, {verdict} the bar of {BAR_RATE:,}")
    print(f"  outcomes to costs       {spread(summed, '/s')}")
    print(f"  drawn and canonical     {spread(made, '/s')}, costing not included")


def show_seconds(path: Path, libraries: tuple[str, ...]) -> tuple[list[float], list[float]]:
    """Return wall and processor seconds of ``space show`` after the import of ``libraries``."""
    command = [sys.executable, "-c", SHOW, str(path), "params=1.05x,flops=1.05x", *libraries]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    walls, owns = [], []
    for _ in range(SHOWS):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        wall, own = map(float, done.stdout.split()[-2:])
        walls.append(wall)
        owns.append(own)
    return walls, owns


def time_show(path: Path) -> None:
    for libraries in ((), ("torchvision",)):
        after = " and ".join(("torch", *libraries))
        walls, owns = show_seconds(path, libraries)
        verdict = "meets" if median(walls) < BAR_SECONDS else "MISSES"
        own = spread(owns, "s of the processor")
        print(f"  show, after {after:21} {spread(walls, 's')}, {own}, {verdict} {BAR_SECONDS:g} s")


def main() -> None:
    import torch

    torch.set_num_threads(1)
    from nasattn.search.study.environment import environment

    made_with = environment(torch.device("cpu"))
    words = ", ".join(f"{key} {made_with[key]}" for key in ("torch", "python", "processor"))
    print(f"{words}; numpy, one thread; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{platform.system()}; rates: n = {REPEATS} × {ARCHITECTURES}; show: n = {SHOWS}")
    for path in sorted((ROOT / "search_spaces").glob("*.toml")):
        time_space(path)
        time_show(path)


if __name__ == "__main__":
    main()

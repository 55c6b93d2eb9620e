"""How long reading commands take, as a ratio to importing typer and rich alone.

Usage: python benchmarks/reading.py      (prints the median of interleaved pairs, and their range)

Both sides run as on a user's machine, where Python keeps what it has compiled.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.studies import make_curve, make_study, make_trial

PAIRS = 15
PLACEMENTS = tuple(
    {"slot": "block_end", "at": f"layer{n}.0.add", "module": "eca", "options": {"kernel_size": 3}}
    for n in (1, 2, 3)
)
ROWS = [
    (("--help",), 2.0),
    (("pareto", "s20"), 2.0),
    (("trials", "s20"), 2.0),
    (("pareto", "s1000"), 4.0),
    (("trials", "s1000"), 4.0),
]


def seconds(runs: str, arguments: tuple[str, ...]) -> float:
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        env={**kept, "NASATTN_RUNS": runs},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return perf_counter() - started


def main() -> None:
    with TemporaryDirectory() as runs:
        for count in (20, 1000):
            trials = [
                make_trial(number, placements=PLACEMENTS, curve=make_curve(30))
                for number in range(count)
            ]
            make_study(Path(runs), f"s{count}", trials, trials=count)
        for arguments, bar in ROWS:
            seconds(runs, ("-m", "nasattn", *arguments))
            pairs = [
                (
                    seconds(runs, ("-m", "nasattn", *arguments)),
                    seconds(runs, ("-c", "import typer, rich")),
                )
                for _ in range(PAIRS)
            ]
            ratios = sorted(command / imports for command, imports in pairs)
            words = f"{ratios[0]:.2f} to {ratios[-1]:.2f}, n = {PAIRS}, bar {bar}"
            print(f"{' '.join(arguments):14} {median(ratios):.2f}  ({words})")


if __name__ == "__main__":
    main()

"""Two workers on a local Ray cluster against two processes of the command's own.

Usage: python benchmarks/ray_workers.py [PAIRS]      (5 unless given)

The same study of networks that sleep, by turns: each pair one way round, the next the other. The
clock runs as in `crews.py scaling`: from the moment when both workers have trained one network
and wait, to the last trial's end. What comes before, with Ray the start of a cluster too, is told
apart, and so is how little of the time was not sleep.
"""

import os
import sys
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parent))

from crews import EPOCHS, timed

PAIRS, WORKERS, TRIALS_EACH, TRIAL_SECONDS, BAR = 5, 2, 4, 5.0, 0.10
OWN, RAY = (), ("--engine", "ray")


def pair(number: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the times of the own workers and of Ray's."""
    order = (OWN, RAY) if number % 2 else (RAY, OWN)
    times = {way: timed(TRIALS_EACH, TRIAL_SECONDS, WORKERS, *way) for way in order}
    return times[OWN], times[RAY]


def main(pairs: int) -> None:
    """Print the figures; exit with 1 where the bar is missed."""
    asleep = TRIALS_EACH * TRIAL_SECONDS
    print(
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; {WORKERS} workers, "
        f"{TRIALS_EACH} trials for each, each asleep for {TRIAL_SECONDS:g} s in {EPOCHS} epochs: "
        f"{asleep:g} s of sleep\n\n"
        "pair  until both train (s): own, Ray  from then (s): own, Ray  ratio"
    )
    ratios, beyond = list[float](), list[tuple[float, float]]()
    for number in range(1, pairs + 1):
        (own_start, own), (ray_start, ray) = pair(number)
        ratios.append(ray / own)
        beyond.append((own - asleep, ray - asleep))
        print(
            f"{number:4} {own_start:21.1f} {ray_start:9.1f} {own:16.2f} {ray:9.2f} "
            f"{ray / own:6.3f}",
            flush=True,
        )
    low, middle, high = quantiles(ratios) if pairs > 1 else [ratios[0]] * 3
    own_rest, ray_rest = (median(rest[way] for rest in beyond) for way in (0, 1))
    is_met = abs(middle - 1) <= BAR
    print(
        f"\nRay against own: median {middle:.3f}, quartiles {low:.3f} to {high:.3f}, n = {pairs}; "
        f"not asleep {own_rest:.2f} s (own), {ray_rest:.2f} s (Ray): "
        f"{'bar met' if is_met else 'BAR MISSED'}: within {BAR:.0%}"
    )
    sys.exit(not is_met)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)

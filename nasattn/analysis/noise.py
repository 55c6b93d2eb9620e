"""How much accuracy differs between trainings of one architecture."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from nasattn.analysis.pareto import averages
from nasattn.records import Trial


class Noise(NamedTuple):
    """The spread of accuracy over seeds.

    Attributes:
        sd: Standard deviation, pooled over the repeated architectures.
        architectures: How many of them.
        degrees: Of freedom.
    """

    sd: float
    architectures: int
    degrees: int


def seed_noise(trials: Iterable[Trial]) -> Noise | None:
    """Return the spread of accuracy over seeds; None where no architecture has two."""
    repeated = [result for result in averages(trials) if result.accuracy_sd is not None]
    degrees = sum(result.repeats - 1 for result in repeated)
    if not degrees:
        return None
    squares = ((r.accuracy_sd or 0.0) ** 2 * (r.repeats - 1) for r in repeated)
    return Noise(math.sqrt(math.fsum(squares) / degrees), len(repeated), degrees)


class Paired(NamedTuple):
    """The difference of two architectures over the seeds that both have.

    Attributes:
        mean: Of the second less the first.
        sd: Sample standard deviation of the differences.
        seeds: How many, two or more.
    """

    mean: float
    sd: float
    seeds: int


def paired_difference(trials: Iterable[Trial], first: str, second: str) -> Paired | None:
    """Return how two architectures differ seed by seed; None with fewer than two common seeds.

    Args:
        trials: Of one study.
        first: The digest of the one.
        second: The digest of the other.
    """
    reached: dict[str, dict[int, float]] = {first: {}, second: {}}
    for trial in trials:
        if trial.is_result and trial.digest in reached:
            reached[trial.digest][trial.repeat] = trial.accuracy or 0.0
    common = reached[first].keys() & reached[second].keys()
    if first == second or len(common) < 2:
        return None
    found = [reached[second][seed] - reached[first][seed] for seed in sorted(common)]
    mean = math.fsum(found) / len(found)
    squares = math.fsum((value - mean) ** 2 for value in found)
    return Paired(mean, math.sqrt(squares / (len(found) - 1)), len(found))

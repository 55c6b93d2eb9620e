"""How sure the front is: who would still be on it with other seeds."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

from nasattn.analysis.dominance import Point, nondominated
from nasattn.analysis.pareto import Front, point_of
from nasattn.errors import UserError
from nasattn.records import Trial

DRAWS = 1000
"""How often the seeds are drawn anew."""


class Steadiness(NamedTuple):
    """How often architectures were on the front when their seeds were drawn anew.

    Attributes:
        shares: Of the draws, by digest.
        draws: How many.
        repeated: Architectures with two seeds or more; the others stay as they are.
        architectures: All of them.
    """

    shares: Mapping[str, float]
    draws: int
    repeated: int
    architectures: int


def steadiness(
    front: Front, trials: Sequence[Trial], *, draws: int = DRAWS, seed: int = 0
) -> Steadiness:
    """Draw the seeds of each architecture with replacement and count who is on the front.

    Architectures of the same repeats get the same draw: they were trained with common random
    numbers. With few seeds a bootstrap is too sure: with two it meets one of two values each
    half the time, and the least and largest of the means are those that were measured.

    Args:
        front: Whose results compete.
        trials: All of the study.
        draws: How often.
        seed: Of the draws.

    Raises:
        UserError: accuracy is no objective, or no architecture has two seeds.
    """
    accuracies = _accuracies(front, trials)
    repeated = sum(len(own) > 1 for own in accuracies.values())
    if "accuracy" not in front.objectives or not repeated:
        raise UserError(
            "--steadiness: draws the seeds of repeated architectures anew, and the study has "
            "none; `repeats = 2` or more trains each architecture with several seeds"
        )
    chance = random.Random(seed)
    axis = front.objectives.index("accuracy")
    points = {r.trial.digest: point_of(r, front.objectives) for r in front.results}
    kept: Counter[str] = Counter()
    for _ in repeat(None, draws):
        means = _drawn_means(accuracies, chance)
        moved = {d: _moved(p, axis, -means[d]) for d, p in points.items()}
        best = set(nondominated(moved.values()))
        kept.update(digest for digest, point in moved.items() if point in best)
    shares = {digest: kept[digest] / draws for digest in points}
    return Steadiness(shares, draws, repeated, len(points))


Repeats = Mapping[int, float]


def _accuracies(front: Front, trials: Sequence[Trial]) -> dict[str, Repeats]:
    """Return the accuracy of each repeat of each architecture, by digest."""
    numbered = {trial.trial: trial for trial in trials}
    return {
        result.trial.digest: {
            numbered[number].repeat: numbered[number].accuracy or 0.0 for number in result.trials
        }
        for result in front.results
    }


def _drawn_means(accuracies: Mapping[str, Repeats], chance: random.Random) -> dict[str, float]:
    """Return the mean of each architecture over seeds drawn with replacement."""
    draws: dict[tuple[int, ...], list[int]] = {}
    means = {}
    for digest, own in accuracies.items():
        seeds = tuple(sorted(own))
        drawn = draws.get(seeds)
        if drawn is None:
            drawn = draws.setdefault(seeds, chance.choices(seeds, k=len(seeds)))
        means[digest] = sum(own[seed] for seed in drawn) / len(drawn)
    return means


def _moved(point: Point, axis: int, value: float) -> Point:
    return (*point[:axis], value, *point[axis + 1 :])

"""Races for tests: drawn ones full of ties, and simulated ones with noisy curves."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from nasattn.search.pruners import Contender, Pruner, Race, Stop

Point = tuple[float, ...]
NAMES = ("params", "flops")


@st.composite
def races(draw: DrawFn, epochs: int = 9, most: int = 14) -> Race:
    """Draw a race on coarse values, so that equal accuracies, costs and points are common."""
    num_costs = draw(st.integers(0, 2))
    accuracy = st.integers(0, 8).map(lambda step: step / 8)
    costs = st.tuples(*[st.integers(1, 4).map(float)] * num_costs)
    curve = st.lists(accuracy, min_size=1, max_size=epochs).map(tuple)
    contender = st.builds(Contender, st.just(0), costs, curve, st.booleans(), st.booleans())
    drawn = draw(st.lists(contender, min_size=1, max_size=most))
    numbered = (replace(c, trial=number) for number, c in enumerate(drawn))
    return Race(epochs, NAMES[:num_costs], tuple(numbered))


def rung(race: Race, epoch: int) -> Race:
    """Return the race with every contender as it was at an epoch, asked about one by one."""
    there = (replace(c, accuracies=c.accuracies[:epoch], exempt=False) for c in race.reached(epoch))
    return replace(race, contenders=tuple(replace(c, trial=c.trial + 1) for c in there))


def dominates(first: Point, second: Point) -> bool:
    return first != second and all(a <= b for a, b in zip(first, second, strict=True))


def front(points: set[Point]) -> set[Point]:
    return {p for p in points if not any(dominates(q, p) for q in points)}


def simulated(
    seed: int, trials: int, epochs: int, *, informative: float, noise: float
) -> tuple[list[Contender], list[Contender]]:
    """Return noisy curves, and those on the front of what they would have ended with.

    Args:
        seed: Of the draws.
        trials: How many.
        epochs: Of each.
        informative: 1 where early epochs differ as the final ones do, 0 where independently.
        noise: Standard deviation of the accuracy from epoch to epoch.
    """
    random = np.random.default_rng(seed)
    left = 1 - np.arange(1, epochs + 1) / epochs
    costs = random.uniform(1e6, 2e6, trials)
    merit = random.normal(0, 0.02, trials) + 0.01 * costs / 1e6
    early = informative * merit + (1 - informative) * random.normal(0, 0.02, trials)
    means = 0.7 + np.outer(merit, 1 - left) + np.outer(early, left) - 0.3 * left**2
    curves = np.clip(means + random.normal(0, noise, means.shape), 0, 1)
    drawn = [
        Contender(number, (float(cost),), tuple(map(float, curve)))
        for number, (cost, curve) in enumerate(zip(costs, curves, strict=True))
    ]
    best = front({c.at(epochs) for c in drawn})
    return drawn, [c for c in drawn if c.at(epochs) in best]


def replayed(pruner: Pruner, drawn: list[Contender], epochs: int) -> dict[int, Stop]:
    """Train one after the other until the pruner stops them; return who was stopped."""
    stopped: dict[int, Stop] = {}
    past: list[Contender] = []
    for whole in drawn:
        for epoch in range(1, epochs + 1):
            now = replace(whole, accuracies=whole.accuracies[:epoch])
            verdict = pruner.verdict(Race(epochs, ("params",), (*past, now)), now.trial)
            if isinstance(verdict, Stop):
                stopped[now.trial] = verdict
                break
        past.append(now)
    return stopped

"""A made-up truth over a real search space with its real costs, for trying samplers out.

The space: ResNet-8, in each of three stages one of six attentions at the block's end and one of
four activations, 13,824 architectures. True mean accuracy: an effect of each module, shared by
the stages, with its own deviation at each stage, and 30 % of the variance from pairs of choices.
A training adds noise of its seed to the mean, and comes to it along a curve whose speed is half
a property of the architecture. All of this is the family of the model behind `cost-aware`, which
flatters it: recorded trainings decide, not this.
"""

from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import moocore
import numpy as np

from nasattn.cost import CostModel
from nasattn.search.proposing.cost_aware.candidates import Candidate, Candidates
from nasattn.search.proposing.problem import Problem
from nasattn.space import Space, SpaceFile, cost_range
from nasattn.surrogate.front import nondominated
from nasattn.surrogate.scale import scaled_costs

SPACE = {
    "backbone": "resnet8",
    "input_shape": [3, 16, 16],
    "choice": [
        {
            "name": "act",
            "slot": "activation",
            "scope": "stage",
            "options": ["keep", "atac"],
            "atac": {"ratio": [2, 4, 8]},
        },
        {
            "name": "attend",
            "slot": "block_end",
            "scope": "stage",
            "options": ["none", "eca", "nam", "ortho", "se", "cbam"],
        },
    ],
}
EPOCHS, TRIALS, REFERENCE_COST = 27, 60, 1.05
PAIRS_SHARE, OWN_SD, MEAN = 0.3, 0.7, 0.9


@dataclass(frozen=True)
class Bed:
    """How hard it is.

    Args:
        name: What it is called.
        spread: Standard deviation of true means over the space, as accuracy.
        noise: Standard deviation of trainings about their mean.
        costs: Objectives besides accuracy.
        rate_spread: How much curves differ in speed.
    """

    name: str
    spread: float
    noise: float
    costs: tuple[str, ...] = ("params", "flops")
    rate_spread: float = 0.3


BEDS = (
    Bed("noise a third of the spread", 0.0058, 0.002),
    Bed("noise twice the spread, curves hard to read", 0.0029, 0.005, rate_spread=0.6),
)


class Truth:
    """One truth, drawn.

    Args:
        bed: How hard.
        seed: Of the draw.
    """

    def __init__(self, bed: Bed, seed: int) -> None:
        file = SpaceFile.model_validate(SPACE)
        space = Space.from_file(file, "synthetic")
        model = CostModel("resnet8", dict(space.backbone_args), space.input_shape, 10)
        ranges = cost_range(space, model)
        self.problem = Problem(space, model, {}, bed.costs, ranges, EPOCHS, TRIALS)
        self.bed, self.candidates = bed, Candidates(self.problem)
        everything = list(self.candidates.all())
        self._place = {one: place for place, one in enumerate(everything)}
        columns = zip(*(one.numbers for one in everything), strict=True)
        sizes = [len(set(column)) for column in columns]
        chance = np.random.default_rng(seed)
        self.means = MEAN + bed.spread * self._values(sizes, chance)
        self._speeds = chance.normal(size=len(everything))
        totals = [dict(zip(("params", "flops"), one.totals, strict=True)) for one in everything]
        rows = [[total[name] for name in bed.costs] for total in totals]
        self.costs = scaled_costs(rows, [tuple(map(float, ranges[name])) for name in bed.costs])
        self._best = self._volume(np.flatnonzero(nondominated(self.means, self.costs)))

    def _values(self, sizes: list[int], chance: np.random.Generator) -> Any:
        grid = np.array(list(product(*map(range, sizes))))
        kinds = [decision.choice for decision in self.problem.space.decisions]
        shared = {kind: chance.normal(size=max(sizes)) for kind in sorted(set(kinds))}
        own = [
            (shared[kind][:size] + OWN_SD * chance.normal(size=size))[grid[:, place]]
            for place, (kind, size) in enumerate(zip(kinds, sizes, strict=True))
        ]
        pairs = [
            chance.normal(size=(sizes[a], sizes[b]))[grid[:, a], grid[:, b]]
            for a, b in combinations(range(len(sizes)), 2)
        ]
        main, both = (_standardised(np.sum(part, axis=0)) for part in (own, pairs))
        return _standardised(np.sqrt(1 - PAIRS_SHARE) * main + np.sqrt(PAIRS_SHARE) * both)

    def place(self, one: Candidate) -> int:
        """Return an architecture's number."""
        return self._place[one]

    def curve(self, place: int, seed: int) -> list[float]:
        """Return the learning curve of one training."""
        chance = np.random.default_rng((place, seed))
        final = self.means[place] + self.bed.noise * chance.normal()
        epochs = np.arange(1, EPOCHS + 1)
        speed = np.sqrt(0.5) * (self._speeds[place] + chance.normal())
        rate = 0.25 * np.exp(self.bed.rate_spread * speed)
        behind = 0.3 * (np.exp(-rate * epochs) - np.exp(-rate * EPOCHS))
        jitter = self.bed.noise * np.sqrt(1 - epochs / EPOCHS) * chance.normal(size=EPOCHS)
        return (final - behind + jitter).tolist()

    def hypervolume(self, places: Any) -> float:
        """Return that of the true means of architectures, as a share of the true front's."""
        return self._volume(np.asarray(places)) / self._best

    def claimed(self, places: Any, means: Any) -> float:
        """Return the same with other means than the true ones."""
        return self._of(means, self.costs[places]) / self._best

    def _volume(self, places: Any) -> float:
        return self._of(self.means[places], self.costs[places])

    def _of(self, means: Any, costs: Any) -> float:
        points = np.column_stack((-means, costs))
        reference = [-self.means.min(), *[REFERENCE_COST] * self.costs.shape[1]]
        return float(moocore.hypervolume(points, ref=reference))


def _standardised(values: Any) -> Any:
    return (values - values.mean()) / values.std()

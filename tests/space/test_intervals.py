"""Hyperparameters that range over an interval."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.cost import CostModel
from nasattn.space import (
    Interval,
    Scalar,
    Space,
    SpaceFile,
    cost_range,
    decide,
    intervals,
    parameters,
    size,
)

CHOICES = [
    {
        "name": "act",
        "slot": "activation",
        "scope": "network",
        "options": ["atac"],
        "atac": {"ratio": {"low": 2, "high": 16}},
    },
    {
        "name": "end",
        "slot": "block_end",
        "scope": "stage",
        "options": ["none", "nam"],
        "nam": {"penalty": {"low": 1e-5, "high": 1e-2, "log": True}},
    },
]
FILE = SpaceFile.model_validate(
    {"backbone": "resnet8", "input_shape": [1, 8, 8], "choice": CHOICES}
)
SPACE = Space.from_file(FILE, "x.toml")
COSTS = CostModel("resnet8", {}, (1, 8, 8))


class Numbers:
    """Chooses the last option and the given numbers."""

    def __init__(self, ratio: float, penalty: float) -> None:
        self.answers = {"act.atac.ratio": ratio}
        self.penalty = penalty
        self.asked: list[str] = []

    def categorical(self, name: str, values: Sequence[Scalar]) -> Scalar:
        self.asked.append(name)
        return values[-1]

    def number(self, name: str, interval: Interval) -> float:
        assert parameters(SPACE)[name] == interval
        self.asked.append(name)
        return self.answers.get(name, self.penalty)


@given(ratio=st.integers(2, 16), penalty=st.floats(1e-5, 1e-2))
def test_the_chosen_numbers_are_those_of_the_placements(ratio: int, penalty: float) -> None:
    chooser = Numbers(float(ratio), penalty)
    architecture = decide(SPACE, chooser)
    assert chooser.asked == list(parameters(SPACE))
    options = {p.site: dict(p.options) for p in architecture.placements}
    kept = options["activation:layer1.0.relu"]["ratio"]
    assert type(kept) is int
    assert 16 // kept == 16 // ratio  # equal networks have equal ratios
    assert options["block_end:layer3.0.add"]["penalty"] == pytest.approx(penalty, rel=1e-15)


@given(ratio=st.integers(2, 16))
def test_costs_inside_an_interval_of_whole_numbers_lie_in_the_range(ratio: int) -> None:
    cost = COSTS.cost(decide(SPACE, Numbers(ratio, 1e-4)))
    for name, (low, high) in cost_range(SPACE, COSTS).items():
        assert low <= getattr(cost, name) <= high


def test_an_interval_counts_as_one_value() -> None:
    assert intervals(SPACE) == ("act.atac.ratio", "end.nam.penalty")
    assert size(SPACE) == 2**3

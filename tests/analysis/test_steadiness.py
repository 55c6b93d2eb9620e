from itertools import product

import pytest

from nasattn.analysis import Front, front
from nasattn.analysis.steadiness import steadiness
from nasattn.errors import UserError
from nasattn.records import Trial
from tests.studies import make_trial

OBJECTIVES = ("accuracy", "flops")


def repeats(accuracies: dict[str, tuple[float, ...]], flops: dict[str, int]) -> list[Trial]:
    pairs = [(name, r, a) for name, of in accuracies.items() for r, a in enumerate(of)]
    return [
        make_trial(n, digest=name, repeat=r, accuracy=a, flops=flops[name])
        for n, (name, r, a) in enumerate(pairs)
    ]


def test_shares_are_those_of_all_draws() -> None:
    accuracies = {"a": (0.8, 0.9, 0.7), "b": (0.82, 0.76, 0.85)}
    found = steadiness(*both(repeats(accuracies, {"a": 10, "b": 20})), draws=20_000, seed=1)
    wins = [
        sum(accuracies["b"][s] for s in draw) > sum(accuracies["a"][s] for s in draw)
        for draw in product(range(3), repeat=3)
    ]
    assert found.shares["a"] == 1  # the cheapest is on every front
    assert found.shares["b"] == pytest.approx(sum(wins) / 27, abs=0.015)
    assert (found.draws, found.repeated, found.architectures) == (20_000, 2, 2)


def both(trials: list[Trial]) -> tuple[Front, list[Trial]]:
    return front(trials, OBJECTIVES), trials


def test_the_same_seeds_are_drawn_for_all() -> None:
    # b is better by the same with each seed: common random numbers leave no doubt.
    accuracies = {"a": (0.1, 0.5, 0.9), "b": (0.11, 0.51, 0.91)}
    found = steadiness(*both(repeats(accuracies, {"a": 10, "b": 20})))
    assert found.shares == {"a": 1, "b": 1}


def test_an_architecture_of_one_seed_stays_where_it_is() -> None:
    trials = repeats({"a": (0.5,), "b": (0.4, 0.6)}, {"a": 10, "b": 20})
    found = steadiness(*both(trials))
    assert found.shares["a"] == 1
    assert 0 < found.shares["b"] < 1
    assert steadiness(*both(trials)) == found


def test_without_repeats_nothing_can_be_drawn() -> None:
    with pytest.raises(UserError, match=r"--steadiness: .*repeats = 2"):
        steadiness(*both([make_trial(0), make_trial(1)]))

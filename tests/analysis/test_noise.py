import statistics

import pytest

from nasattn.analysis.noise import paired_difference, seed_noise
from tests.studies import make_trial

REACHED = {"a": (0.8, 0.9, 0.7), "b": (0.82, 0.76), "c": (0.5,)}
TRIALS = [
    make_trial(10 * place + repeat, digest=name, repeat=repeat, accuracy=accuracy)
    for place, (name, of) in enumerate(REACHED.items())
    for repeat, accuracy in enumerate(of)
]


def test_the_spread_is_pooled_over_repeated_architectures() -> None:
    noise = seed_noise(TRIALS)
    assert noise is not None
    squares = 2 * statistics.variance(REACHED["a"]) + statistics.variance(REACHED["b"])
    assert noise.sd == pytest.approx((squares / 3) ** 0.5)
    assert (noise.architectures, noise.degrees) == (2, 3)


def test_without_repeats_there_is_no_spread() -> None:
    assert seed_noise([make_trial(0), make_trial(1)]) is None


def test_a_difference_is_paired_by_seed() -> None:
    paired = paired_difference(TRIALS, "a", "b")
    assert paired is not None
    assert paired.seeds == 2
    assert paired.mean == pytest.approx((0.02 - 0.14) / 2)
    assert paired.sd == pytest.approx(statistics.stdev([0.02, -0.14]))


@pytest.mark.parametrize("pair", [("a", "c"), ("a", "a"), ("a", "unknown")])
def test_fewer_than_two_common_seeds_are_no_pair(pair: tuple[str, str]) -> None:
    assert paired_difference(TRIALS, *pair) is None

"""Stopping by the chance of the front: how often those that would end on it are stopped."""

import math
import re

import numpy as np
import pytest

from nasattn.search.pruners import Contender, DominancePruner, MedianPruner, Race, Stop, calibrate
from tests.search.pruners.races import replayed, simulated

EPOCHS = 9


def share_stopped(delta: float, replays: int, *, informative: float, noise: float) -> float:
    """Return the share stopped of those that would have ended on the front, less two errors."""
    pruner, stopped, total = DominancePruner(delta=delta), 0, 0
    for seed in range(replays):
        drawn, best = simulated(seed, 40, EPOCHS, informative=informative, noise=noise)
        found = replayed(pruner, drawn, EPOCHS)
        stopped += sum(c.trial in found for c in best if c.trial)
        total += sum(1 for c in best if c.trial)
    share = stopped / total
    return share - 2 * math.sqrt(share * (1 - share) / total)


@pytest.mark.parametrize("informative", [0.0, 0.6])
def test_few_of_the_front_are_stopped(informative: float) -> None:
    assert share_stopped(0.2, 6, informative=informative, noise=0.01) <= 0.2


@pytest.mark.slow
@pytest.mark.parametrize("delta", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("informative", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("noise", [0.001, 0.01, 0.03])
def test_few_of_the_front_are_stopped_however_noisy_the_curves(
    delta: float, informative: float, noise: float
) -> None:
    assert share_stopped(delta, 40, informative=informative, noise=noise) <= delta


def test_most_of_the_others_are_stopped_where_curves_tell() -> None:
    drawn, best = simulated(3, 60, EPOCHS, informative=1.0, noise=0.002)
    stopped = replayed(DominancePruner(), drawn, EPOCHS)
    assert len(stopped) > 0.6 * (len(drawn) - len(best))


def test_where_curves_say_nothing_few_are_stopped_however_good_the_best_is() -> None:
    random = np.random.default_rng(5)
    curves = random.normal(0.6, 0.03, (100, EPOCHS))
    drawn = [Contender(n, (2e6,), tuple(map(float, curve))) for n, curve in enumerate(curves)]
    best = Contender(0, (1e6,), (*drawn[0].accuracies[:-1], 0.8))
    stopped = replayed(DominancePruner(delta=0.1), [best, *drawn[1:]], EPOCHS)
    assert len(stopped) <= 10 + 2 * math.sqrt(100 * 0.1 * 0.9)


def test_a_stop_names_who_is_better_and_the_chance() -> None:
    drawn, _ = simulated(3, 60, EPOCHS, informative=1.0, noise=0.002)
    stopped = replayed(DominancePruner(delta=0.1), drawn, EPOCHS)
    number = r"\d+\.\d\d % at [\d.]+ M params"
    words = rf"epoch (\d): {number}; trial (\d+) ended at {number}; chance of the front (\S+) %"
    looks = DominancePruner().looks(EPOCHS)
    for trial, verdict in stopped.items():
        found = re.fullmatch(words, verdict.reason)
        assert found
        assert int(found[1]) in looks
        assert drawn[int(found[2])].costs <= drawn[trial].costs
        assert 0 <= float(found[3]) <= 10 / len(looks)


def test_it_waits_for_trials_that_came_to_their_end() -> None:
    drawn, _ = simulated(3, 30, EPOCHS, informative=1.0, noise=0.002)
    stopped = replayed(DominancePruner(delta=0.5, startup_trials=12), drawn, EPOCHS)
    assert min(stopped) >= 12


def test_looks_grow_further_apart() -> None:
    assert DominancePruner().looks(30) == (4, 6, 9, 14, 21)
    assert DominancePruner(first_epoch=1).looks(5) == (1, 2, 3, 4)
    assert DominancePruner().looks(1) == ()
    assert (
        DominancePruner().resolved(30).first_epoch == MedianPruner().resolved(30).first_epoch == 4
    )


def test_the_regression_is_least_squares_drawn_to_a_slope_of_one() -> None:
    random = np.random.default_rng(5)
    curves = random.uniform(0.2, 0.9, (12, 3))
    drawn = tuple(Contender(n, (), tuple(map(float, curve))) for n, curve in enumerate(curves))
    found = calibrate(Race(3, (), (*drawn, *drawn[:4])), 2)
    assert found is not None
    now, final = curves[:, 1], curves[:, 2]
    plain, _ = np.polyfit(now, final, 1)
    assert found.num == 12
    assert found.slope == pytest.approx(max((12 * plain + 2) / 14, 0))
    assert found.expected(float(now.mean())) == pytest.approx(final.mean())
    errors = final - final.mean() - found.slope * (now - now.mean())
    assert found.sd == pytest.approx(math.sqrt(errors @ errors / 10))


def test_nothing_is_told_by_two_trials_or_by_equal_ones() -> None:
    pair = tuple(Contender(n, (), (0.1 * n, 0.5)) for n in range(2))
    equal = tuple(Contender(n, (), (0.4, 0.1 * n)) for n in range(9))
    assert calibrate(Race(2, (), pair), 1) is None
    assert calibrate(Race(2, (), equal), 1) is None


def test_the_median_names_what_it_is_compared_with() -> None:
    accuracies = (0.5, 0.6, 0.7, 0.65)
    drawn = [Contender(n, (1e6,), (accuracy,)) for n, accuracy in enumerate(accuracies)]
    dearer = Contender(8, (2e6,), (0.1,))
    asked = Contender(9, (1e6,), (0.61,))
    race = Race(9, ("params",), (*drawn, dearer, asked))
    assert MedianPruner().verdict(race, 9) == Stop(
        "epoch 1: 61.00 % at 1 M params; the median of 4 trials that are no dearer is 62.50 %"
    )
    assert MedianPruner(startup_trials=5).verdict(race, 9) is None
    assert MedianPruner(first_epoch=2).verdict(race, 9) is None

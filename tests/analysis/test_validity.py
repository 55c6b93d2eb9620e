"""What a table tells: variances against known ones, rank correlations against counted pairs."""

import math
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from nasattn.analysis.validity import spread, validity
from nasattn.records import Trial
from nasattn.records.study import study_of
from nasattn.records.table import Table
from tests.studies import SETTINGS, make_trial


def trained(values: Sequence[Sequence[float]]) -> tuple[Trial, ...]:
    """Return trials with these final accuracies: a row for each architecture."""
    found = []
    for row, accuracies in enumerate(values):
        for repeat, accuracy in enumerate(accuracies):
            made = make_trial(len(found), digest=f"{row:012x}", repeat=repeat, flops=800_000 + row)
            found.append(made.with_curve([{"epoch": 1, "accuracy": accuracy, "seconds": 2.0}]))
    return tuple(found)


def table_of(trials: Sequence[Trial]) -> Table:
    study = study_of("made", Path("made"), SETTINGS, "made")
    return Table(study, tuple(trials), ({},) * len(trials), {}, ())


@pytest.mark.parametrize("between", [0.0, 0.01, 0.03])
def test_the_spread_is_that_which_the_accuracies_were_drawn_with(between: float) -> None:
    random = np.random.default_rng(1)
    merit, shifts = random.normal(0.6, between, (600, 1)), np.array([0.02, -0.03])
    found = spread(trained(merit + shifts + random.normal(0, 0.01, (600, 2))))
    assert found.seed_sd == pytest.approx(0.01, rel=0.05)
    assert found.between_sd == pytest.approx(between, abs=0.002)
    assert found.shift_sd == pytest.approx(0.05 / math.sqrt(2), rel=0.03)
    # With two repeats the mean still has half of the seed's variance.
    assert found.means_sd == pytest.approx(math.hypot(between, 0.01 / math.sqrt(2)), rel=0.08)


def test_of_a_hundred_intervals_about_95_hold_the_ratio() -> None:
    random, held = np.random.default_rng(9), 0
    for _ in range(200):
        values = random.normal(0.6, 0.02, (12, 1)) + random.normal(0, 0.01, (12, 2))
        interval = spread(trained(values)).interval
        assert interval is not None
        held += interval[0] <= 2 <= interval[1]
    assert 0.91 <= held / 200 <= 0.99


def test_of_balanced_trainings_it_is_the_textbooks_table() -> None:
    values = np.random.default_rng(2).uniform(0.4, 0.9, (7, 3))
    found = spread(trained(values))
    rest = values - values.mean(0) - values.mean(1)[:, None] + values.mean()
    inside = (rest**2).sum() / (6 * 2)
    among = 3 * values.mean(1).var(ddof=1)
    assert found.seed_sd == pytest.approx(math.sqrt(inside))
    assert found.between_sd == pytest.approx(math.sqrt(max(among - inside, 0) / 3))
    assert found.shift_sd == pytest.approx(values.mean(0).std(ddof=1))


def test_unequal_numbers_of_repeats_are_taken_as_they_are() -> None:
    random = np.random.default_rng(3)
    rows = [
        list(merit + random.normal(0, 0.01, 3 if row % 4 else 2))
        for row, merit in enumerate(random.normal(0.6, 0.03, 900))
    ]
    found = spread(trained(rows))
    assert found.between_sd == pytest.approx(0.03, rel=0.08)
    assert found.seed_sd == pytest.approx(0.01, rel=0.08)


def test_one_repeat_tells_nothing_of_noise() -> None:
    found = validity(table_of(trained([[0.5], [0.6], [0.8]])))
    assert found.spread.means_sd == pytest.approx(np.std([0.5, 0.6, 0.8], ddof=1))
    assert (found.spread.seed_sd, found.spread.ratio, found.seeds, found.is_enough) == (None,) * 4


def test_equal_repeats_have_no_ratio() -> None:
    found = spread(trained([[0.5, 0.5], [0.6, 0.6], [0.8, 0.8]]))
    assert found.seed_sd == pytest.approx(0, abs=1e-12)
    assert found.ratio is None


@pytest.mark.parametrize(("noise", "is_enough"), [(0.01, True), (0.05, False)])
def test_the_bar_is_one_and_a_half(noise: float, is_enough: bool) -> None:  # noqa: FBT001
    random = np.random.default_rng(4)
    values = random.normal(0.6, 0.03, (300, 1)) + random.normal(0, noise, (300, 2))
    assert validity(table_of(trained(values))).is_enough is is_enough


def tau(first: Sequence[float], second: Sequence[float]) -> float:
    """Count pairs; nothing is tied."""
    signs = [
        (first[i] - first[j]) * (second[i] - second[j]) > 0
        for i, j in combinations(range(len(first)), 2)
    ]
    return (2 * sum(signs) - len(signs)) / len(signs)


def test_rank_correlations_are_counted_within_repeats() -> None:
    random = np.random.default_rng(5)
    values = random.uniform(0.2, 0.8, (9, 2, 3))  # architecture, repeat, epoch
    plain = random.uniform(0.2, 0.8, (9, 2, 3))
    trials = []
    for trial in trained(values[:, :, -1]):
        row, repeat = int(trial.digest, 16), trial.repeat
        curve = [
            {
                "epoch": e + 1,
                "accuracy": values[row, repeat, e],
                "plain_accuracy": plain[row, repeat, e],
                "seconds": 2.0,
            }
            for e in range(3)
        ]
        trials.append(trial.with_curve(curve))
    found = validity(table_of(trials))
    for agreement in found.agreements:
        e = agreement.epoch - 1
        ends, others = values[:, :, -1], values[:, ::-1, -1]
        for got, one, end in (
            (agreement.end, values, ends),
            (agreement.plain, plain, ends),
            (agreement.others, values, others),
        ):
            assert got == pytest.approx(np.mean([tau(one[:, r, e], end[:, r]) for r in (0, 1)]))
    assert found.agreements[-1].end == 1
    assert found.seeds == pytest.approx(tau(values[:, 0, -1], values[:, 1, -1]))
    assert found.seconds == 9 * 2 * 3 * 2.0


def test_ties_are_those_of_tau_b() -> None:
    first, second = [0.1, 0.1, 0.3, 0.4], [0.2, 0.3, 0.3, 0.5]
    found = validity(table_of(trained(list(zip(first, second, strict=True)))))
    assert found.seeds == pytest.approx(stats.kendalltau(first, second).statistic)
    assert validity(table_of(trained([[0.5, 0.5], [0.5, 0.6]]))).seeds is None


def test_the_true_front_is_that_of_the_means() -> None:
    found = validity(table_of(trained([[0.5, 0.5], [0.9, 0.3], [0.7, 0.7], [0.6, 0.7]])))
    means = [(m.trial.flops - 800_000, m.trial.accuracy) for m in found.front.members]
    assert means == [(0, pytest.approx(0.5)), (1, pytest.approx(0.6)), (2, pytest.approx(0.7))]

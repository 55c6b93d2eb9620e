"""Paired comparisons: against scipy, statsmodels, values computed by hand, and laws."""

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from nasattn.analysis.paired import (
    ALPHA,
    differences,
    equivalence,
    hedges_correction,
    holm,
    paired_difference,
    seeds_for_signed_rank,
    signed_rank,
    smallest_signed_rank_p,
    t_interval,
)

OURS = [0.912, 0.907, 0.921, 0.915, 0.909, 0.918]
THEIRS = [0.905, 0.906, 0.911, 0.916, 0.902, 0.909]

# Accuracies on 1,000 images: differences are whole images.
accuracy = st.integers(0, 1000).map(lambda correct: correct / 1000)
few = settings(max_examples=25)
pairs = st.lists(st.tuples(accuracy, accuracy), min_size=2, max_size=10)


def sides(drawn: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [ours for ours, _ in drawn], [theirs for _, theirs in drawn]


def test_hand_computed_values() -> None:
    # Differences 1, 2, 3: mean 2, SD 1, standard error 1/√3, t(2, .975) = 4.302653.
    found = paired_difference([11.0, 12.0, 13.0], [10.0, 10.0, 10.0])
    half = 4.302652729911275 / math.sqrt(3)
    assert found.n == 3
    interval = found.interval
    assert (interval.mean, interval.low, interval.high) == pytest.approx((2, 2 - half, 2 + half))
    # t = 2√3 with 2 degrees of freedom: p = 1 - t/√(2 + t²).
    t = 2 * math.sqrt(3)
    assert found.p == pytest.approx(1 - t / math.sqrt(2 + t * t))
    assert found.dz == pytest.approx(2)
    # J(2) = Γ(1) / (√1 Γ(1/2)) = 1/√π.
    assert found.g == pytest.approx(2 / math.sqrt(math.pi))


def test_the_t_test_and_its_interval_are_scipys() -> None:
    found = paired_difference(OURS, THEIRS)
    theirs = scipy.stats.ttest_rel(OURS, THEIRS)
    low, high = theirs.confidence_interval(0.95)
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    "values",
    [
        [0.03, 0.01, -0.02, 0.04, 0.05, 0.06],
        [0.01, 0.01, -0.01, 0.02, 0.02, 0.03],  # ties
        [0.01, 0.0, -0.01, 0.02, 0.0, 0.03, 0.02],  # zeros are left out
        [-0.01],
    ],
)
def test_the_signed_rank_test_is_exact(values: list[float]) -> None:
    ours, theirs = [0.9 + value for value in values], [0.9] * len(values)
    values = [value for value in values if value]
    ranks = scipy.stats.rankdata(np.abs(values))
    middle = ranks.sum() / 2
    far = abs(ranks[np.array(values) > 0].sum() - middle)
    sums = [np.dot(ranks, signs) for signs in product((0, 1), repeat=len(values))]
    exact = np.mean([abs(total - middle) >= far - 1e-9 for total in sums])
    assert signed_rank(ours, theirs) == pytest.approx(exact)
    assert signed_rank(ours, ours) is None


@pytest.mark.parametrize("count", range(2, 12))
def test_no_signed_rank_p_is_smaller_than_that_of_equal_signs(count: int) -> None:
    ours = [0.01 * (place + 1) for place in range(count)]
    assert signed_rank(ours, [0.0] * count) == pytest.approx(smallest_signed_rank_p(count))


@pytest.mark.parametrize("tests", range(1, 30))
def test_so_many_seeds_would_do_and_one_fewer_would_not(tests: int) -> None:
    seeds = seeds_for_signed_rank(tests)
    assert (
        tests * smallest_signed_rank_p(seeds) <= ALPHA < tests * smallest_signed_rank_p(seeds - 1)
    )


def test_with_five_seeds_the_signed_rank_test_cannot_be_significant() -> None:
    assert smallest_signed_rank_p(5) == 0.0625
    assert seeds_for_signed_rank() == 6


def close(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else one == pytest.approx(other, abs=1e-9)


@few
@given(pairs, st.integers(-500, 500).map(lambda images: images / 1000))
def test_adding_a_constant_to_both_sides_changes_nothing(
    drawn: list[tuple[float, float]], constant: float
) -> None:
    ours, theirs = sides(drawn)
    found = paired_difference(ours, theirs)
    moved = paired_difference([v + constant for v in ours], [v + constant for v in theirs])
    assert found.interval.mean == pytest.approx(moved.interval.mean, abs=1e-12)
    assert close(found.p, moved.p)
    assert close(found.g, moved.g)


@few
@given(pairs)
def test_swapping_the_sides_flips_the_sign(drawn: list[tuple[float, float]]) -> None:
    ours, theirs = sides(drawn)
    one, other = paired_difference(ours, theirs), paired_difference(theirs, ours)
    assert one.interval.mean == -other.interval.mean
    assert close(one.interval.low, None if other.interval.high is None else -other.interval.high)
    assert one.p == other.p
    assert close(one.g, None if other.g is None else -other.g)
    assert close(equivalence(ours, theirs, 0.01), equivalence(theirs, ours, 0.01))


@few
@given(pairs, st.randoms())
def test_the_order_of_seeds_means_nothing(drawn: list[tuple[float, float]], chance: object) -> None:
    again = list(drawn)
    chance.shuffle(again)  # type: ignore[attr-defined]
    one, other = paired_difference(*sides(drawn)), paired_difference(*sides(again))
    assert one.interval.mean == pytest.approx(other.interval.mean, abs=1e-12)
    assert close(one.p, other.p)


@few
@given(pairs)
def test_the_interval_leaves_zero_out_where_p_is_below_alpha(
    drawn: list[tuple[float, float]],
) -> None:
    found = paired_difference(*sides(drawn))
    if found.p is None or found.interval.low is None or found.interval.high is None:
        return
    if abs(found.p - ALPHA) > 1e-9:
        assert (found.p < ALPHA) == (not found.interval.low <= 0 <= found.interval.high)


@few
@given(pairs, st.floats(0.0001, 0.1))
def test_what_is_equivalent_has_its_90_percent_interval_within_the_margin(
    drawn: list[tuple[float, float]], margin: float
) -> None:
    ours, theirs = sides(drawn)
    p = equivalence(ours, theirs, margin)
    values = differences(ours, theirs)
    if p is None:
        assert len(set(values)) == 1
        return
    low, high = scipy.stats.t.interval(
        0.90, len(values) - 1, np.mean(values), scipy.stats.sem(values)
    )
    if abs(p - ALPHA) > 1e-9:
        assert (p < ALPHA) == (-margin < low and high < margin)


@pytest.mark.parametrize("values", [[0.9], [0.9, 0.9], [0.93, 0.95, 0.94]])
def test_without_spread_there_is_a_mean_and_nothing_more(values: list[float]) -> None:
    found = paired_difference(values, [value - 0.01 for value in values])
    assert found.interval.mean == pytest.approx(0.01)
    assert (found.interval.low, found.interval.high) == (None, None)
    assert (found.p, found.dz, found.g) == (None, None, None)
    assert equivalence(values, [value - 0.01 for value in values], 0.02) is None


def test_sides_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        paired_difference([0.1], [0.1, 0.2])
    with pytest.raises(ValueError, match="no pair"):
        paired_difference([], [])


def test_hedges_correction_is_near_the_usual_approximation() -> None:
    assert hedges_correction(2) is None
    for count in range(6, 40):
        assert hedges_correction(count) == pytest.approx(1 - 3 / (4 * (count - 1) - 1), rel=2e-3)


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_is_between_none_and_bonferroni_and_keeps_the_order(values: list[float]) -> None:
    adjusted = [p for p in holm(values) if p is not None]
    assert len(adjusted) == len(values)
    for p, own in zip(adjusted, values, strict=True):
        assert own <= p <= min(1.0, own * len(values)) + 1e-12
    for one, other in product(range(len(values)), repeat=2):
        if values[one] < values[other]:
            assert adjusted[one] <= adjusted[other]


@pytest.mark.slow
def test_statsmodels_says_the_same() -> None:
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.weightstats import ttost_paired

    generator = np.random.default_rng(0)
    for _ in range(100):
        values = generator.uniform(size=generator.integers(1, 9)).tolist()
        assert holm(values) == pytest.approx(multipletests(values, method="holm")[1])
        ours, theirs = generator.normal(0, 0.01, (2, generator.integers(2, 12)))
        margin = float(generator.uniform(0.001, 0.02))
        expected = ttost_paired(ours, theirs, -margin, margin)[0]
        assert equivalence(ours.tolist(), theirs.tolist(), margin) == pytest.approx(
            expected, rel=1e-6, abs=1e-12
        )


def normal(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return 0.9 + generator.normal(0, 0.01, shape)


def counted(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw accuracies on 360 test images: coarse and not normal."""
    return generator.binomial(360, 0.95, shape) / 360


@pytest.mark.slow
@pytest.mark.parametrize("draw", [normal, counted])
@pytest.mark.parametrize("seeds", [3, 6])
def test_the_intervals_cover(
    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray], seeds: int
) -> None:
    generator = np.random.default_rng(1)
    runs = 10_000
    found = [t_interval(values) for values in _differences_of(draw(generator, (runs, 2, seeds)))]
    covered = sum(
        interval.low <= 0 <= interval.high
        for interval in found
        if interval.low is not None and interval.high is not None
    )
    degenerate = sum(interval.low is None for interval in found)
    assert degenerate < runs / 100
    assert covered / (runs - degenerate) == pytest.approx(0.95, abs=0.01)


def _differences_of(drawn: np.ndarray) -> list[list[float]]:
    values: list[list[float]] = (drawn[:, 0] - drawn[:, 1]).tolist()
    return values


@pytest.mark.slow
@pytest.mark.parametrize("draw", [normal, counted])
def test_holm_errs_in_five_of_a_hundred_tables_at_most(
    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray],
) -> None:
    generator = np.random.default_rng(2)
    runs, variants, seeds = 2_500, 5, 6
    wrong = unadjusted = 0
    for table in draw(generator, (runs, variants + 1, seeds)).tolist():
        baseline, *others = table
        found = [paired_difference(other, baseline).p for other in others]
        unadjusted += any(p is not None and p < ALPHA for p in found)
        wrong += any(p is not None and p < ALPHA for p in holm(found))
    assert wrong / runs <= 0.055
    assert unadjusted / runs > 0.10  # without it the error is far larger: the simulation can see it

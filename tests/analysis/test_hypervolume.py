import random

import moocore
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nasattn.analysis.hypervolume import hypervolume, reference_point, scaled

REFERENCE = (0.0, 1.05, 1.05)
coordinate = st.floats(-1.0, 1.2).map(lambda value: round(value, 3))


def fronts(size: int) -> st.SearchStrategy[list[tuple[float, ...]]]:
    return st.lists(st.tuples(*[coordinate] * size), min_size=1, max_size=12)


@pytest.mark.parametrize("size", [1, 2, 3])
@given(data=st.data())
def test_it_equals_moocore(size: int, data: st.DataObject) -> None:
    points, reference = data.draw(fronts(size)), REFERENCE[:size]
    if size == 1:  # moocore wants two
        expected = max(0.0, -min(points)[0])
    else:
        expected = moocore.hypervolume(points, ref=reference)
    assert hypervolume(points, reference) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3])
@given(data=st.data())
def test_it_never_falls_when_a_point_is_added(size: int, data: st.DataObject) -> None:
    points, reference = data.draw(fronts(size)), REFERENCE[:size]
    before = hypervolume(points[:-1], reference)
    assert hypervolume(points, reference) >= before - 1e-12


@pytest.mark.parametrize("size", [1, 2, 3])
@given(data=st.data(), seed=st.integers(0, 99))
def test_order_and_duplicates_do_not_matter(size: int, data: st.DataObject, seed: int) -> None:
    points, reference = data.draw(fronts(size)), REFERENCE[:size]
    mixed = [*points, points[0]]
    random.Random(seed).shuffle(mixed)
    assert hypervolume(mixed, reference) == hypervolume(points, reference)


def test_one_point_is_a_box() -> None:
    assert hypervolume([(-0.5, 0.25)], (0.0, 1.05)) == pytest.approx(0.5 * 0.8)
    assert hypervolume([(-0.5, 0.25, 0.05)], REFERENCE) == pytest.approx(0.5 * 0.8 * 1.0)


@pytest.mark.parametrize("point", [(0.0, 0.5), (-0.5, 1.05), (-0.5, 2.0)])
def test_a_point_that_is_not_better_than_the_reference_counts_nothing(
    point: tuple[float, float],
) -> None:
    assert hypervolume([point], (0.0, 1.05)) == 0.0


def test_of_no_points_it_is_zero() -> None:
    assert hypervolume([], REFERENCE) == 0.0


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.floats(0.01, 0.99), st.integers(2, 9))
def test_scaled_costs_do_not_depend_on_the_unit(
    low: int, high: int, share: float, unit: int
) -> None:
    assume(low < high)
    cost = low + share * (high - low)
    here = scaled({"flops": cost}, {"flops": (low, high)})
    there = scaled({"flops": cost * unit}, {"flops": (low * unit, high * unit)})
    assert here == pytest.approx(there, abs=1e-9)


def test_the_ends_of_the_cost_range_are_zero_and_one() -> None:
    ranges = {"params": (10.0, 1000.0), "flops": (7.0, 7.0)}
    assert scaled({"accuracy": 0.9, "params": 10, "flops": 7}, ranges) == (-0.9, 0.0, 0.0)
    assert scaled({"params": 1000}, ranges) == (1.0,)
    assert scaled({"params": 100}, ranges) == pytest.approx((0.5,))


def test_the_reference_is_accuracy_zero_and_a_little_more_than_the_dearest() -> None:
    assert reference_point(("accuracy", "flops", "params")) == (0.0, 1.05, 1.05)

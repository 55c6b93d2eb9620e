from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.analysis.dominance import dominates, nondominated, unit_scaled

INF = float("inf")
VALUES = (0.0, 1.0, INF)
PAIRS = tuple(product(VALUES, VALUES))

points = st.integers(1, 4).flatmap(
    lambda size: st.lists(st.tuples(*[st.integers(0, 6).map(float)] * size), max_size=20)
)


@pytest.mark.parametrize(("first", "second"), tuple(product(PAIRS, PAIRS)))
def test_all_pairs_in_two_dimensions(
    first: tuple[float, float], second: tuple[float, float]
) -> None:
    nowhere_worse = not (first[0] > second[0] or first[1] > second[1])
    somewhere_better = first[0] < second[0] or first[1] < second[1]
    assert dominates(first, second) is (nowhere_worse and somewhere_better)


@pytest.mark.parametrize(("first", "second"), tuple(product(VALUES, VALUES)))
def test_all_pairs_in_one_dimension(first: float, second: float) -> None:
    assert dominates((first,), (second,)) is (first < second)


@given(points)
def test_dominance_is_a_strict_partial_order(found: list[tuple[float, ...]]) -> None:
    for a, b, c in product(found[:5], repeat=3):
        assert not (dominates(a, b) and dominates(b, a))
        assert not (dominates(a, b) and dominates(b, c)) or dominates(a, c)


def test_points_of_different_dimensions_are_not_compared() -> None:
    with pytest.raises(ValueError, match="shorter"):
        dominates((0.0, 1.0), (0.0,))


@given(points)
def test_the_front_is_what_nothing_dominates(found: list[tuple[float, ...]]) -> None:
    front = nondominated(found)
    expected = {p for p in found if not any(dominates(q, p) for q in found)}
    assert set(front) == expected
    assert list(front) == sorted(expected)


@given(points)
def test_unit_scaling_puts_the_best_at_one_and_the_worst_at_zero(
    found: list[tuple[float, ...]],
) -> None:
    for before, after in zip(
        zip(*found, strict=True), zip(*unit_scaled(found), strict=True), strict=True
    ):
        if len(set(before)) == 1:
            assert set(after) == {0.0}
        else:
            assert after[before.index(min(before))] == 1
            assert after[before.index(max(before))] == 0

"""Sorting by non-domination and the orders inside a front, against their definitions."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nasattn.search.pruners.fronts import crowding, epsilon_net, fronts, unit_scaled
from tests.search.pruners.races import front

Points = list[tuple[float, ...]]

distinct = st.integers(1, 3).flatmap(
    lambda size: st.lists(
        st.tuples(*[st.integers(1, 6).map(float)] * size), min_size=1, max_size=25, unique=True
    ).map(sorted)
)
often = settings(max_examples=40, deadline=None)


@often
@given(distinct)
def test_fronts_are_peeled_off_one_after_the_other(points: Points) -> None:
    left = set(points)
    for rows in fronts(np.array(points)):
        assert {points[row] for row in rows} == front(left)
        left -= front(left)
    assert not left


@often
@given(distinct)
def test_the_net_takes_the_farthest_of_those_left(points: Points) -> None:
    order = [points[row] for row in epsilon_net(np.array(points))]
    assert sorted(order) == points
    assert order[0] == points[0]
    for place, chosen in enumerate(order[1:], 1):

        def gap(point: tuple[float, ...], place: int = place) -> float:
            return round(min(math.dist(point, before) for before in order[:place]), 9)

        farthest = max(map(gap, order[place:]))
        assert chosen == next(p for p in points if p in order[place:] and gap(p) == farthest)


@often
@given(distinct)
def test_crowding_is_the_sum_of_the_gaps_between_neighbours(points: Points) -> None:
    distance = dict.fromkeys(points, 0.0)
    for axis in range(len(points[0])):
        along = sorted(points, key=lambda p: p[axis])
        for place, point in enumerate(along):
            inside = 0 < place < len(along) - 1
            gap = along[place + 1][axis] - along[place - 1][axis] if inside else math.inf
            distance[point] += gap
    expected = sorted(points, key=lambda p: -distance[p])
    assert [points[row] for row in crowding(np.array(points))] == expected


def test_scaling_is_linear_in_accuracy_and_logarithmic_in_costs() -> None:
    points = np.array([[-0.9, 1e6, 5.0], [-0.7, 1e4, 5.0], [-0.8, 1e5, 5.0]])
    expected = [[0, 1, 0], [1, 0, 0], [0.5, 0.5, 0]]
    np.testing.assert_allclose(unit_scaled(points), expected, atol=1e-12)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.analysis.dominance import nondominated
from nasattn.analysis.knee import knee_index

fronts = st.lists(
    st.tuples(st.integers(0, 50).map(float), st.integers(0, 50).map(float)), max_size=15
).map(nondominated)


def test_the_corner_of_a_bent_front_is_its_knee() -> None:
    assert knee_index([(0, 10), (1, 1), (10, 0)]) == 1


@pytest.mark.parametrize("points", [[], [(0, 1)], [(0, 1), (1, 0)], [(0, 1), (1, 0), (0, 1)]])
def test_fewer_than_three_points_have_none(points: list[tuple[float, float]]) -> None:
    assert knee_index(points) is None


@pytest.mark.parametrize(
    "points", [[(0, 2), (1, 1), (2, 0)], [(0, 10), (9, 9), (10, 0)], [(0.1, 3), (0.4, 2), (0.7, 1)]]
)
def test_straight_and_hollow_fronts_have_none(points: list[tuple[float, float]]) -> None:
    assert knee_index(points) is None


@given(fronts)
def test_it_is_the_point_farthest_above_the_chord(front: tuple[tuple[float, float], ...]) -> None:
    knee = knee_index(front)
    if len(front) < 3:
        assert knee is None
        return
    (x0, y0), (x1, y1) = front[0], front[-1]
    # twice the area of the triangle with the chord; positive towards the origin
    heights = [(y0 - y) * (x1 - x0) - (x - x0) * (y0 - y1) for x, y in front]
    if max(heights) <= 0:
        assert knee is None
    else:
        assert knee is not None
        assert heights[knee] == max(heights)


@given(fronts, st.integers(1, 1000), st.integers(-500, 500))
def test_units_do_not_matter(front: tuple[tuple[float, float], ...], unit: int, shift: int) -> None:
    moved = [(x * unit + shift, y) for x, y in front]
    first, second = knee_index(front), knee_index(moved)
    assert (first is None) == (second is None)


def test_with_three_objectives_it_is_the_best_compromise() -> None:
    corners = [(0, 9, 9), (9, 0, 9), (9, 9, 0)]
    assert knee_index([*corners, (4, 4, 4)]) == 3
    assert knee_index(corners) is None

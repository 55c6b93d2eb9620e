import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.report.ink import plain
from nasattn.report.plot import Scale, Series, plot
from nasattn.report.ticks import round_ticks, tick_labels

values = st.floats(-1e9, 1e9).map(lambda value: float(f"{value:.6g}"))
points = st.lists(st.tuples(values, values), min_size=1, max_size=20).map(tuple)


def drawn(places: tuple[tuple[float, float], ...], width: int = 80, height: int = 12) -> list[str]:
    series = Series("front", "●", "green", places)
    return [plain(line) for line in plot([series], "x", "y", width=width, height=height)]


@given(points, st.integers(40, 160), st.integers(4, 20))
def test_it_fits_and_has_its_height(
    places: tuple[tuple[float, float], ...], width: int, height: int
) -> None:
    lines = drawn(places, width, height)
    assert len(lines) == height + 5
    assert all(len(line) <= width for line in lines)


@given(points)
def test_every_point_is_there_and_no_more(places: tuple[tuple[float, float], ...]) -> None:
    marks = "".join(drawn(places)[1:13]).count("●")
    assert 1 <= marks <= len(set(places))


def test_higher_values_stand_higher_and_larger_ones_to_the_right() -> None:
    lines = drawn(((1, 1), (2, 3)))[1:13]
    (low,) = [(row, line.index("●")) for row, line in enumerate(lines) if "●" in line][1:]
    (high,) = [(row, line.index("●")) for row, line in enumerate(lines) if "●" in line][:1]
    assert high[0] < low[0]
    assert high[1] > low[1]


def test_a_later_series_covers_an_earlier_one() -> None:
    both = [Series("a", "a", "", ((1, 1),)), Series("b", "b", "", ((1, 1),))]
    lines = plot(both, "", "", width=60, height=5)
    assert not any("a" in line for line in lines[:-1])
    assert lines[-1] == "a a   b b"


def test_a_series_without_points_is_not_in_the_legend() -> None:
    both = [Series("front", "●", "", ((1, 1),)), Series("knee", "◆", "", ())]
    assert "knee" not in plot(both, "", "", width=60, height=5)[-1]


def test_a_path_joins_the_points() -> None:
    line = Series("curve", "●", "", ((0, 0), (1, 1)), path="·")
    (*rows, _, _, _, _) = plot([line], "", "", width=60, height=8)
    assert sum(row.count("·") for row in rows) > 40


@given(st.floats(-1e6, 1e6), st.floats(0.1, 1e6), st.integers(2, 12))
def test_ticks_are_round_and_inside(low: float, spread: float, most: int) -> None:
    high = low + spread
    ticks = round_ticks(low, high, most)
    assert len(ticks) <= most
    slack = 1e-6 * max(abs(low), abs(high), spread)
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    steps = [b - a for a, b in pairwise(ticks)]
    assert all(step == pytest.approx(steps[0], abs=slack) for step in steps)
    for step in steps[:1]:
        mantissa = step / 10 ** math.floor(math.log10(step) + 1e-6)
        assert min(abs(mantissa - round_one) for round_one in (1, 2, 2.5, 5)) < 1e-3


def test_ticks_of_an_empty_range() -> None:
    assert round_ticks(3.0, 3.0, 5) == [3.0]


@given(st.floats(-1e4, 1e4), st.floats(0.01, 1e4), st.integers(2, 12))
def test_labels_tell_ticks_apart(low: float, spread: float, most: int) -> None:
    ticks = round_ticks(low, low + spread, most)
    labels = tick_labels(ticks)
    assert len(set(labels)) == len(ticks)
    assert [float(label) for label in labels] == pytest.approx(ticks, abs=2e-3 * spread)


def test_a_scale_puts_its_ends_into_the_first_and_the_last_cell() -> None:
    scale = Scale(10.0, 20.0, 11)
    assert [scale.cell(value) for value in (10.0, 15.0, 20.0)] == [0, 5, 10]


@given(st.integers(0, 400), st.integers(0, 400), st.integers(2, 12))
def test_ticks_between_whole_numbers_are_whole(low: int, spread: int, most: int) -> None:
    margin = 0.03 * (spread or 1)
    ticks = round_ticks(low - margin, low + spread + margin, most, 1.0)
    assert len(ticks) <= most
    assert all(tick.is_integer() for tick in ticks)
    assert ticks or spread > 2 * most


@pytest.mark.parametrize("epochs", [1, 2, 3, 7, 8, 50])
def test_epochs_are_marked_by_whole_numbers(epochs: int) -> None:
    numbers = drawn(tuple((n, 1 / n) for n in range(1, epochs + 1)))[-3].split()
    assert numbers
    assert all(number.isdecimal() for number in numbers)

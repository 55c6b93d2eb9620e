import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.analysis.forecast import Forecast, forecast

accuracy = st.floats(0, 1).map(lambda value: round(value, 4))
pairs = st.lists(st.tuples(accuracy, accuracy), min_size=3, max_size=12)


@given(pairs, accuracy, st.integers(0, 99))
def test_the_order_of_the_others_does_not_matter(
    found: list[tuple[float, float]], now: float, seed: int
) -> None:
    shuffled = random.Random(seed).sample(found, len(found))
    assert forecast(shuffled, now) == pytest.approx(forecast(found, now), abs=1e-12)


@given(st.lists(accuracy, min_size=3, max_size=9), accuracy, st.floats(0, 0.3))
def test_where_all_rose_alike_so_will_this_one(early: list[float], now: float, rise: float) -> None:
    found = forecast([(x, x + rise) for x in early], now)
    assert found == pytest.approx((now + rise, 0.0), abs=1e-9)


@given(st.lists(accuracy, min_size=3, max_size=9))
def test_before_the_first_epoch_it_is_their_mean(finals: list[float]) -> None:
    found = forecast([(0.0, y) for y in finals], 0.0)
    assert found.mean == pytest.approx(math.fsum(finals) / len(finals))


def test_the_slope_is_that_of_ridge_regression() -> None:
    data = [(0.1, 0.5), (0.2, 0.52), (0.4, 0.6), (0.5, 0.58)]
    found = forecast(data, 0.9)

    def loss(slope: float) -> float:
        centred = [(x - 0.3, y - 0.55) for x, y in data]
        return sum((y - slope * x) ** 2 for x, y in centred) + 1e-4 * (slope - 1) ** 2

    slope = (found.mean - 0.55) / 0.6
    assert loss(slope) < min(loss(slope - 1e-3), loss(slope + 1e-3))


def test_the_excess_is_an_expectation() -> None:
    found, chance = Forecast(0.6, 0.1), random.Random(1)
    drawn = [chance.gauss(0.6, 0.1) for _ in range(200_000)]
    for level in (0.4, 0.6, 0.75):
        expected = sum(max(a - level, 0.0) for a in drawn) / len(drawn)
        assert found.excess(level) == pytest.approx(expected, abs=1e-3)
    assert Forecast(0.6, 0.0).excess(0.5) == pytest.approx(0.1)
    assert Forecast(0.6, 0.0).excess(0.7) == 0

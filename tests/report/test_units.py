import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.report.units import (
    duration,
    human,
    images_per_second,
    percent,
    points,
    prefix_for,
    relative,
)

SIZES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


@given(st.integers(0, 10**14))
def test_human_keeps_four_digits(count: int) -> None:
    text = human(count)
    number = text.rstrip("kMGT")
    value = float(number) * SIZES[text[len(number) :]]
    assert math.isclose(value, count, rel_tol=5.1e-4, abs_tol=0.5)
    assert len(number.replace(".", "")) <= 5


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.000k"),
        (270_896, "270.9k"),
        (999_949, "999.9k"),
        (999_960, "1.000M"),
        (9_999_600, "10.00M"),
        (557_462_528, "557.5M"),
        (10**12, "1.000T"),
    ],
)
def test_human(count: int, text: str) -> None:
    assert human(count) == text


def test_the_prefix_of_an_axis() -> None:
    assert prefix_for(557e6) == (1e6, "M")
    assert prefix_for(3) == (1.0, "")


@pytest.mark.parametrize(
    ("value", "base", "text"),
    [
        (0.95, 0.9, "+5.00"),
        (0.9, 0.95, "-5.00"),
        (0.9, 0.9, "+0.00"),
        (0.899999, 0.9, "+0.00"),
        (None, 0.9, ""),
        (0.9, None, ""),
    ],
)
def test_differences_of_accuracy_are_in_points(
    value: float | None, base: float | None, text: str
) -> None:
    assert points(value, base) == text


@pytest.mark.parametrize(
    ("value", "base", "text"),
    [
        (110, 100, "+10.00"),
        (90, 100, "-10.00"),
        (300, 100, "+200.0"),
        (100, 100, "0"),
        (100_040, 100_000, "+0.040"),
        (99_990, 100_000, "-0.010"),
        (10_000_001, 10_000_000, "~0"),
        (None, 100, ""),
        (100, None, ""),
        (100, 0, ""),
    ],
)
def test_small_relative_differences_stay_visible(
    value: float | None, base: float | None, text: str
) -> None:
    assert relative(value, base) == text


def test_percent() -> None:
    assert (percent(0.94444), percent(1.0), percent(None)) == ("94.44", "100.00", "")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0s"),
        (7.26, "7.3s"),
        (59.96, "1m00s"),
        (250, "4m10s"),
        (3599.6, "1h00m"),
        (3720, "1h02m"),
        (200_000, "55h33m"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (1162.4, "1,162 images/s"),
        (99.96, "100 images/s"),
        (99.94, "99.9 images/s"),
        (0.25, "0.25 images/s"),
    ],
)
def test_images_per_second(value: float | None, text: str) -> None:
    assert images_per_second(value) == text

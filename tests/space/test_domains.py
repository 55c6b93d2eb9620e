"""What may be written as the value of a hyperparameter."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.errors import UserError
from nasattn.space.domains import Categorical, Interval, parse_domain

scalars = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text("ab"), st.booleans()
)


@given(value=scalars)
def test_one_value_is_a_list_of_one(value: Any) -> None:
    assert parse_domain(value, "x") == parse_domain([value], "x") == Categorical((value,))


@given(values=st.lists(scalars, min_size=1))
def test_an_array_keeps_its_values_or_says_which_is_there_twice(values: list[Any]) -> None:
    different = all(value not in values[:index] for index, value in enumerate(values))
    if different:
        assert parse_domain(values, "x") == Categorical(tuple(values))
    else:
        with pytest.raises(UserError, match="stands there twice"):
            parse_domain(values, "x")


@given(low=st.integers(-300, 300), width=st.integers(1, 255))
def test_every_whole_number_of_an_interval_is_probed(low: int, width: int) -> None:
    interval = parse_domain({"low": low, "high": low + width}, "x")
    assert interval == Interval(low, low + width, integer=True)
    assert interval.probes == tuple(range(low, low + width + 1))
    assert interval.representatives == (low,)


def test_an_interval_with_a_fraction_is_continuous() -> None:
    assert parse_domain({"low": 1, "high": 2.5}, "x") == Interval(1, 2.5)
    assert parse_domain({"low": 1e-5, "high": 1, "log": True}, "x").probes == (1e-5, 1)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "x = []: names no value"),
        ([[1]], "x = [1]: must be a value, an array of values, or { low"),
        ([float("nan")], "x = nan: must be finite"),
        ({"low": 1}, "x: high is missing"),
        ({"low": 1, "hihg": 2}, 'no key "hihg" in x; known: high, log, low; did you mean "high"?'),
        ({"low": "1", "high": 2}, "x.low = '1': must be a finite number"),
        ({"low": True, "high": 2}, "x.low = True: must be a finite number"),
        ({"low": 0, "high": float("inf")}, "x.high = inf: must be a finite number"),
        ({"low": 2, "high": 2}, "x: low = 2 must be below high = 2"),
        ({"low": 0, "high": 2, "log": True}, "x.low = 0: must be above 0 where log = true"),
        (
            {"low": 1, "high": 257},
            "x: 1 to 257 are 257 whole numbers, and at most 256 can be checked; "
            "list values, or give floats such as 1.0",
        ),
        ({"low": 1, "high": 2, "log": 1}, "x.log = 1: must be true or false"),
    ],
)
def test_a_mistake_names_place_value_and_rule(value: object, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_domain(value, "x")
    assert message in str(caught.value)

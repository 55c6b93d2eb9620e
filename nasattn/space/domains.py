"""What values a hyperparameter may take: a list of them, or an interval."""

import math
from dataclasses import dataclass
from typing import Any

from nasattn.errors import UnknownNameError, UserError

Scalar = bool | int | float | str

# Every whole number of an interval is checked and priced.
_MOST_PROBES = 256


@dataclass(frozen=True, slots=True)
class Categorical:
    """One of ``values``; a single value is fixed and nobody is asked."""

    values: tuple[Scalar, ...]

    @property
    def is_free(self) -> bool:
        """Whether there is something to choose."""
        return len(self.values) > 1

    @property
    def representatives(self) -> tuple[Scalar, ...]:
        """The values that count in the size of a space."""
        return self.values

    @property
    def probes(self) -> tuple[Scalar, ...]:
        """The values that are checked and priced."""
        return self.values


@dataclass(frozen=True, slots=True)
class Interval:
    """Any number from ``low`` to ``high``, both included.

    Attributes:
        low: The smallest value.
        high: The largest value.
        log: Whether equal ratios, not equal differences, are equally likely.
        integer: Whether only whole numbers are meant.
    """

    low: float
    high: float
    log: bool = False
    integer: bool = False

    @property
    def is_free(self) -> bool:
        """Always true: the low end lies below the high end."""
        return True

    @property
    def representatives(self) -> tuple[Scalar, ...]:
        """The low end: in the size of a space an interval counts as one value."""
        return (self.low,)

    @property
    def probes(self) -> tuple[Scalar, ...]:
        """All whole numbers, or the two ends."""
        if self.integer:
            return tuple(range(int(self.low), int(self.high) + 1))
        return (self.low, self.high)


Domain = Categorical | Interval


def parse_domain(value: Any, place: str) -> Domain:
    """Read a value, an array of values, or a table ``{ low, high, log }``.

    Args:
        value: As TOML gave it.
        place: Where it stands, for errors.

    Raises:
        UserError: it is none of the three, an array is empty or repeats a value, or the
            ends of an interval are no numbers or the wrong way round, or an interval of
            whole numbers is too long to check each of them.
    """
    if isinstance(value, dict):
        return _interval(value, place)
    values = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    if not values:
        raise UserError(f"{place} = []: names no value; leave it out for the default")
    for index, item in enumerate(values):
        _check_scalar(item, place)
        if item in values[:index]:
            raise UserError(f"{place}: {item!r} stands there twice")
    return Categorical(values)


def _check_scalar(item: Any, place: str) -> None:
    if not isinstance(item, (bool, int, float, str)):
        allowed = "a value, an array of values, or { low = …, high = …, log = true }"
        raise UserError(f"{place} = {item!r}: must be {allowed}")
    if isinstance(item, float) and not math.isfinite(item):
        raise UserError(f"{place} = {item!r}: must be finite")


def _interval(table: dict[str, Any], place: str) -> Interval:
    _check_keys(table, place)
    low, high, log = table["low"], table["high"], table.get("log", False)
    for key in ("low", "high"):
        if type(table[key]) not in (int, float) or not math.isfinite(table[key]):
            raise UserError(f"{place}.{key} = {table[key]!r}: must be a finite number")
    if type(log) is not bool:
        raise UserError(f"{place}.log = {log!r}: must be true or false")
    if not low < high:
        raise UserError(f"{place}: low = {low!r} must be below high = {high!r}")
    if log and low <= 0:
        raise UserError(f"{place}.low = {low!r}: must be above 0 where log = true")
    integer = type(low) is type(high) is int
    if integer and high - low >= _MOST_PROBES:
        raise UserError(
            f"{place}: {low} to {high} are {high - low + 1} whole numbers, and at most "
            f"{_MOST_PROBES} can be checked; list values, or give floats such as {low}.0"
        )
    return Interval(low, high, log, integer)


def _check_keys(table: dict[str, Any], place: str) -> None:
    known = ("low", "high", "log")
    for key in table:
        if key not in known:
            raise UnknownNameError("key", key, known, place)
    for key in ("low", "high"):
        if key not in table:
            raise UserError(f"{place}: {key} is missing; an interval is {{ low = …, high = … }}")

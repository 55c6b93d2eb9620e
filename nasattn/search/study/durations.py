"""Durations as people write them."""

import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def read_duration(text: str) -> float:
    """Return the seconds of a duration.

    >>> read_duration("1h30m")
    5400.0

    Raises:
        ValueError: it is none, or not longer than nothing.
    """
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    if _PART.sub("", text) or not seconds:
        raise ValueError(f'"{text}" is no duration: write 90s, 30m, 2h, 1h30m or 1d')
    return seconds


def check_duration(text: str) -> str:
    """Return the text where it is a duration.

    Raises:
        ValueError: it is none.
    """
    read_duration(text)
    return text

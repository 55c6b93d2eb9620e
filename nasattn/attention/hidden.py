"""Hidden channels of a bottleneck, and the ratio that stands for them."""

from collections.abc import Callable

from nasattn.errors import UserError

Hidden = Callable[[int, int], int]


def floored(channels: int, ratio: int) -> int:
    """Return the hidden channels of ATAC, SE, CBAM, BAM and FcaNet: the quotient rounded down."""
    return channels // ratio


def rounded(channels: int, ratio: int) -> int:
    """Return the hidden channels of OrthoNets: the quotient rounded, halves to even."""
    return round(channels / ratio)


def at_least_eight(channels: int, ratio: int) -> int:
    """Return the hidden channels of coordinate attention: rounded down, but eight or more."""
    return max(8, channels // ratio)


def canonical_ratio(module: str, channels: int, ratio: int, hidden: Hidden) -> int:
    """Return the one ratio that stands for all with as many hidden channels as ``ratio``.

    It is the nearest to channels / hidden. Equal networks thus have equal options: of 16
    channels, ratios 9 to 16 leave one.

    >>> canonical_ratio("se", 16, 9, floored)
    16

    Raises:
        UserError: the ratio leaves no hidden channel.
    """
    count = hidden(channels, ratio)
    if count == 0:
        raise UserError(
            f"{module}.ratio = {ratio}: leaves no hidden channel of {channels}; "
            f"must be an integer from 1 to {_last_legal(channels, hidden)}"
        )
    exact = channels / count
    step = 1 if ratio < exact else -1
    # More ratio never means more hidden channels: walk while that brings it nearer.
    while _nearer(ratio + step, ratio, exact) and hidden(channels, ratio + step) == count:
        ratio += step
    return ratio


def _nearer(ratio: int, other: int, exact: float) -> bool:
    """Return whether ``ratio`` is legal and nearer to ``exact``; of two as near, the smaller is."""
    return ratio >= 1 and (abs(ratio - exact), ratio) < (abs(other - exact), other)


def _last_legal(channels: int, hidden: Hidden) -> int:
    ratio = channels
    while hidden(channels, ratio + 1) > 0:
        ratio += 1
    return ratio

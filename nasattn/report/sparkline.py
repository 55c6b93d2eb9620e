"""A learning curve in a few characters."""

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int) -> str:
    """Draw ``values`` from their least (a low bar) to their largest (a full one).

    Where there are more of them than ``width``, each bar is the last of its share of them.

    >>> sparkline([1, 2, 3, 9], 4)
    '▁▁▂█'
    """
    bars = min(len(values), width)
    shown = [values[(place + 1) * len(values) // bars - 1] for place in range(bars)]
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    if low == high:
        return _BARS[len(_BARS) // 2] * bars
    return "".join(_BARS[round((v - low) / (high - low) * (len(_BARS) - 1))] for v in shown)

"""Round numbers for an axis."""

import math
from collections.abc import Sequence

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def round_ticks(low: float, high: float, most: int, unit: float = 0.0) -> list[float]:
    """Return at most ``most`` evenly spaced round numbers in [low, high], ascending.

    Args:
        low: Where the axis begins.
        high: Where it ends.
        most: Not more.
        unit: Only multiples of it, a power of ten; 0 for any.
    """
    rough = max((high - low) / max(most, 1), unit)
    if not rough > 0:
        return [low]
    magnitude = 10.0 ** math.floor(math.log10(rough))
    steps = (factor * magnitude for factor in (*_STEPS, *(10 * step for step in _STEPS)))
    possible = (step for step in steps if not unit or (step / unit).is_integer())
    return next(found for step in possible if len(found := _multiples(low, high, step)) <= most)


def _multiples(low: float, high: float, step: float) -> list[float]:
    slack = 1e-9  # a limit that is a multiple up to rounding is a tick
    first, last = math.ceil(low / step - slack), math.floor(high / step + slack)
    return [number * step for number in range(first, last + 1)]


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """Write evenly spaced ticks with as many decimals as they need, and no more."""
    step = ticks[1] - ticks[0] if len(ticks) > 1 else abs(ticks[0]) or 1.0
    for decimals in range(16):
        labels = [f"{tick:.{decimals}f}" for tick in ticks]
        pairs = zip(labels, ticks, strict=True)
        if all(abs(float(label) - tick) < 1e-3 * step for label, tick in pairs):
            return labels
    return [f"{tick:g}" for tick in ticks]

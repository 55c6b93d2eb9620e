"""Numbers as people read them."""

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def human(count: float) -> str:
    """Write a count with four significant digits: 270896 as ``270.9k``, 998 as ``998``."""
    for size, prefix in _PREFIXES:
        if count >= size * 0.99995:  # rounds to the next prefix: 999,960 is 1.000M
            return f"{_four_digits(count / size)}{prefix}"
    return f"{count:.0f}"


def _four_digits(value: float) -> str:
    decimals = next((d for d, limit in ((3, 9.9995), (2, 99.995)) if value < limit), 1)
    return f"{value:.{decimals}f}"


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 seed``, ``50,000 training images``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def prefix_for(largest: float) -> tuple[float, str]:
    """Return the size and letter of the prefix that suits values up to ``largest``."""
    return next(((size, p) for size, p in _PREFIXES if largest >= size), (1.0, ""))


def percent(fraction: float | None) -> str:
    """Write an accuracy in percent, without the sign: it stands in the column's head."""
    return "" if fraction is None else f"{100 * fraction:.2f}"


def points(fraction: float | None, base: float | None) -> str:
    """Write the difference of two accuracies in percentage points."""
    if fraction is None or base is None:
        return ""
    # + 0.0 makes a negative zero positive, which would print as -0.00
    return f"{round(100 * (fraction - base), 2) + 0.0:+.2f}"


def relative(value: float | None, base: float | None) -> str:
    """Write by how many percent ``value`` is more than ``base``; small differences stay visible."""
    if value is None or not base:
        return ""
    difference = 100 * (value - base) / base
    if 0 < abs(difference) < 0.0005:
        return "~0"
    decimals = 3 if 0 < abs(difference) < 0.1 else 1 if abs(difference) >= 99.995 else 2
    return f"{difference:+.{decimals}f}" if difference else "0"


def milliseconds(value: float | None) -> str:
    """Write a latency with four significant digits, without the unit: it stands beside it."""
    return "" if value is None else f"{value:.4g}"


def images_per_second(value: float | None) -> str:
    """Write a throughput: ``1,162 images/s``, ``7.25 images/s``."""
    if value is None:
        return ""
    return f"{value:,.0f} images/s" if value >= 99.95 else f"{value:.3g} images/s"


def duration(seconds: float) -> str:
    """Write a time span: ``7.3s``, ``4m10s``, ``1h02m``."""
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    if seconds < 3599.5:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes}m{rest:02d}s"
    hours, rest = divmod(round(seconds / 60), 60)
    return f"{hours}h{rest:02d}m"

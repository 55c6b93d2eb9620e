"""What options add and where a space's costs lie, as the pages of costs and spaces write them."""

from collections.abc import Mapping, Sequence

from nasattn.report.table import Row, Table
from nasattn.report.units import human, relative

Ends = tuple[int, int]


def signed(count: int) -> str:
    """Write what is added or saved: ``+1.250k``, ``-64``.

    >>> signed(1250), signed(-64), signed(0)
    ('+1.250k', '-64', '+0')
    """
    return f"{'-' if count < 0 else '+'}{human(abs(count))}"


def span(ends: Sequence[int]) -> str:
    """Write the least and the most that is added, once where they read the same.

    >>> span([64, 1250]), span([64, 64])
    ('+64 to +1.250k', '+64')
    """
    least, most = map(signed, ends)
    return least if least == most else f"{least} to {most}"


def range_table(
    bare: Mapping[str, int], ranges: Mapping[str, Ends], heads: tuple[str, str]
) -> Table:
    """Return each cost of a space's ends, exact and against the bare backbone.

    Args:
        bare: The costs of the bare backbone.
        ranges: The two ends of each cost.
        heads: What the ends are called.
    """
    rows = []
    for cost, ends in ranges.items():
        cells = [cell for end in ends for cell in (f"{end:,}", _percent(end, bare[cost]))]
        rows.append(Row((cost, f"{bare[cost]:,}", *cells)))
    lower, upper = heads
    return Table(("<cost", "bare backbone", lower, "", upper, ""), "", tuple(rows))


def _percent(value: int, base: int) -> str:
    text = relative(value, base)
    return f"{text} %" if text else ""

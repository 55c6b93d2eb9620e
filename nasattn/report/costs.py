"""What options add and where a space's costs lie, as the pages of costs and spaces write them."""

from collections.abc import Mapping, Sequence

from nasattn.report.table import Row, Table
from nasattn.report.units import human, relative


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


def range_table(bare: Mapping[str, int], rows: Mapping[str, Mapping[str, int]]) -> Table:
    """Return each cost of some places in a space, exact and against the bare backbone.

    Args:
        bare: The costs of the bare backbone.
        rows: The costs at each place, by what the place is called.
    """
    costs = next(iter(rows.values()))
    heads = [head for cost in costs for head in (cost, "Δ %")]
    cells = [
        (name, *(cell for cost in costs for cell in _against(values[cost], bare[cost])))
        for name, values in rows.items()
    ]
    own = ("bare backbone", *(cell for cost in costs for cell in (f"{bare[cost]:,}", "")))
    return Table(("<", *heads), "", tuple(map(Row, (own, *cells))))


def _against(value: int, bare: int) -> tuple[str, str]:
    return f"{value:,}", relative(value, bare)

"""The horizontal axis of drawings in characters."""

from typing import NamedTuple

from nasattn.report.ticks import round_ticks, tick_labels

_COLUMNS_PER_TICK = 14


class Scale(NamedTuple):
    """Maps [low, high] onto the cells 0 .. cells - 1; ticks are multiples of ``unit`` (0: any)."""

    low: float
    high: float
    cells: int
    unit: float = 0.0

    def cell(self, value: float) -> int:
        """Return the cell of ``value``."""
        return round((value - self.low) / (self.high - self.low) * (self.cells - 1))


def x_axis(x: Scale, gutter: int) -> tuple[str, str]:
    """Return the line with its ticks, and the numbers under it.

    Args:
        x: What the axis shows.
        gutter: Columns before the line's corner, less one.
    """
    ticks = round_ticks(x.low, x.high, max(x.cells // _COLUMNS_PER_TICK, 2), x.unit)
    cells = [x.cell(tick) for tick in ticks]
    line = "".join("┬" if cell in cells else "─" for cell in range(x.cells))
    labels = ""
    for cell, label in zip(cells, tick_labels(ticks), strict=True):
        start = min(max(gutter + 2 + cell - len(label) // 2, 0), gutter + 2 + x.cells - len(label))
        if not labels or start > len(labels):
            labels = labels.ljust(start) + label
    return " " * gutter + " └" + line, labels

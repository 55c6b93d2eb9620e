"""Scatter and line plots in characters.

Own code instead of plotext: importing plotext 6 takes longer than a whole reading command may.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from nasattn.report.axis import Scale, x_axis
from nasattn.report.ink import paint
from nasattn.report.ticks import round_ticks, tick_labels

_ROWS_PER_TICK = 3
_MARGIN = 0.03


class Series(NamedTuple):
    """Points drawn with one marker; a later series covers an earlier one.

    Attributes:
        label: In the legend.
        marker: One character.
        style: Of the marker, as `paint` takes it.
        points: In the units that the axes name.
        path: The character that joins the points in their order, or empty.
    """

    label: str
    marker: str
    style: str
    points: tuple[tuple[float, float], ...]
    path: str = ""


def plot(
    series: Sequence[Series], x_label: str, y_label: str, *, width: int, height: int
) -> list[str]:
    """Draw ``series``; the result has no line wider than ``width``.

    Args:
        series: At least one of them has a point.
        x_label: With the unit; stands under the x axis.
        y_label: With the unit; stands above the y axis.
        width: Columns in all.
        height: Rows of the plotting area, axis and labels not counted.
    """
    y = _scale([y for one in series for _, y in one.points], height)
    y_ticks = round_ticks(y.low, y.high, max(height // _ROWS_PER_TICK, 2), y.unit)
    labels = dict(zip(map(y.cell, y_ticks), tick_labels(y_ticks), strict=True))
    gutter = max(map(len, labels.values()), default=0)
    x = _scale([x for one in series for x, _ in one.points], max(width - gutter - 3, 10))
    canvas = _drawn(series, x, y)
    lines = [y_label]
    for row in reversed(range(height)):
        tick = "┤" if row in labels else "│"
        lines.append(f"{labels.get(row, ''):>{gutter}} {tick}{_row_text(canvas[row])}")
    return [*lines, *x_axis(x, gutter), _centred(x_label, gutter, x), _legend(series)]


def _scale(values: Sequence[float], cells: int) -> Scale:
    low, high = min(values), max(values)
    margin = (high - low) * _MARGIN or abs(high) * _MARGIN or 1.0
    # Between whole things, such as epochs, there is nothing to be marked.
    unit = float(all(float(value).is_integer() for value in values))
    return Scale(low - margin, high + margin, cells, unit)


Canvas = list[list[tuple[str, str]]]


def _drawn(series: Iterable[Series], x: Scale, y: Scale) -> Canvas:
    canvas: Canvas = [[(" ", "")] * x.cells for _ in range(y.cells)]
    for one in series:
        cells = [(x.cell(px), y.cell(py)) for px, py in one.points]
        if one.path:
            for column, row in _path(cells):
                canvas[row][column] = (one.path, one.style)
        for column, row in cells:
            canvas[row][column] = (one.marker, one.style)
    return canvas


def _path(cells: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Yield one cell a column between neighbouring ``cells``."""
    for (left, low), (right, high) in pairwise(cells):
        for column in range(left + 1, right):
            yield column, round(low + (high - low) * (column - left) / (right - left))


def _row_text(row: Iterable[tuple[str, str]]) -> str:
    return "".join(paint(character, style) for character, style in row).rstrip()


def _centred(label: str, gutter: int, x: Scale) -> str:
    return " " * (gutter + 2 + max((x.cells - len(label)) // 2, 0)) + label


def _legend(series: Iterable[Series]) -> str:
    named = (one for one in series if one.points and one.label)
    return "   ".join(f"{paint(one.marker, one.style)} {one.label}" for one in named)

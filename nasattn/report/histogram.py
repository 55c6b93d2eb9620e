"""A histogram in a few rows of characters."""

from collections.abc import Iterable, Sequence

from nasattn.report.axis import Scale, x_axis
from nasattn.report.ink import paint
from nasattn.report.units import prefix_for

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ROWS = 4
_GUTTER = 7


def histogram(
    label: str, edges: Sequence[float], shares: Sequence[float], mark: tuple[str, float] | None
) -> list[str]:
    """Draw the shares of what lies between neighbouring edges, one column each.

    Args:
        label: What is counted; its unit's prefix is added.
        edges: Evenly spaced, one more than ``shares``; the first and last differ.
        shares: Of the whole; not all are 0.
        mark: A word and the place on the axis that it stands for, if there is one.
    """
    size, prefix = prefix_for(edges[-1])
    x = Scale(edges[0] / size, edges[-1] / size, len(shares))
    lines = [label + (f" ({prefix})" if prefix else "")]
    for number, row in enumerate(_rows(shares)):
        tick = f"{100 * max(shares):.3g} % ┤" if number == 0 else "│"
        lines.append(f"{tick:>{_GUTTER + 2}}{row}".rstrip())
    lines += x_axis(x, _GUTTER)
    if mark is not None and x.low <= mark[1] / size <= x.high:
        place = _GUTTER + 2 + x.cell(mark[1] / size)
        lines.append(" " * place + paint(f"▲ {mark[0]}", "yellow"))
    return lines


def _rows(shares: Sequence[float]) -> Iterable[str]:
    """Yield the rows, the highest first; what is not 0 shows at least an eighth."""
    steps = len(_EIGHTHS) - 1
    tall = [round(_ROWS * steps * share / max(shares)) or int(share > 0) for share in shares]
    for row in reversed(range(_ROWS)):
        yield "".join(_EIGHTHS[min(max(height - steps * row, 0), steps)] for height in tall)

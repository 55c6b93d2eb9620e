"""Tables that a click on a head sorts."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Generic, NamedTuple, TypeVar

from nasattn.report.table import Row as TerminalRow
from nasattn.report.table import Table

Row = TypeVar("Row")
Value = str | float | None


class Column(NamedTuple, Generic[Row]):
    """A column of a table.

    Args:
        head: Its name, as text.
        value: What its cells are sorted by; None comes last.
        words: What they show; left out, the value itself.
    """

    head: str
    value: Callable[[Row], Value]
    words: Callable[[Row], str] | None = None


def table(
    columns: Sequence[Column[Row]],
    rows: Iterable[Row],
    style: Callable[[Row], str] = lambda row: "",
) -> str:
    """Return a table.

    Args:
        columns: Its columns.
        rows: What the columns are read from.
        style: The class of a row; empty for none.
    """
    rows = list(rows)
    leftward = [any(isinstance(column.value(row), str) for row in rows) for column in columns]
    heads = "".join(
        f'<th{_side(left)}><button type="button">{escape(column.head)}</button></th>'
        for column, left in zip(columns, leftward, strict=True)
    )
    body = "\n".join(
        f"<tr{_class(style(row))}>{_cells(columns, leftward, row)}</tr>" for row in rows
    )
    return (
        f'<div class="wide"><table class="sortable"><thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def terminal_table(shown: Table) -> str:
    """Return a table of the terminal's pages as it is, not to be sorted."""
    heads = [*shown.heads, *(["<" + shown.words] if shown.words else [])]
    names = "".join(f"<th{_side(_is_left(h))}>{escape(h.removeprefix('<'))}</th>" for h in heads)
    rows = "\n".join(f"<tr>{_terminal_cells(heads, row)}</tr>" for row in shown.rows)
    return (
        f'<div class="wide"><table><thead><tr>{names}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _terminal_cells(heads: Sequence[str], row: TerminalRow) -> str:
    cells = (*row.cells, row.words)
    return "".join(
        f"<td{_side(_is_left(head))}>{escape(cell)}</td>"
        for head, cell in zip(heads, cells, strict=False)
    )


def _is_left(head: str) -> bool:
    return head.startswith("<")


def _cells(columns: Sequence[Column[Row]], leftward: Iterable[bool], row: Row) -> str:
    return "".join(_cell(column, row, left) for column, left in zip(columns, leftward, strict=True))


def _cell(column: Column[Row], row: Row, left: bool) -> str:  # noqa: FBT001 - of a column
    value = column.value(row)
    key = "" if value is None else str(value)
    words = column.words(row) if column.words else key
    return f'<td{_side(left)} data-key="{escape(key)}">{escape(words)}</td>'


def _side(left: bool) -> str:  # noqa: FBT001 - of a column
    return _class("left" if left else "")


def _class(name: str) -> str:
    return f' class="{escape(name)}"' if name else ""

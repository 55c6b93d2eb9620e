"""A table whose numbers stay whole at any width.

Rich's own tables squeeze all columns into the width they are given. Here the columns take what
they need, and the last one, for words, stands beside them where there is room and under its row
where there is not.
"""

import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from nasattn.report.ink import paint, plain

_INDENT = 4
_LEAST_BESIDE = 36
"""Words get a column of their own from this width on."""

_PIPED_RULE = 100


class Row(NamedTuple):
    """The cells of one row, the words that belong to it, and the style of the cells."""

    cells: tuple[str, ...]
    words: str = ""
    style: str = ""


class Table(NamedTuple):
    """Columns of numbers and one of words.

    Attributes:
        heads: Of the columns; a head that starts with ``<`` aligns its column to the left.
        words: The head of the words.
        rows: Each with as many cells as there are heads.
        title: What a paper says it is; a page has its own words.
        num_drawn: How many of the last columns are drawings, which only a page shows.
    """

    heads: tuple[str, ...]
    words: str
    rows: tuple[Row, ...]
    title: str = ""
    num_drawn: int = 0

    def lines(self, width: int | None) -> list[str]:
        """Return the table's lines; with a width of None each row is one line."""
        layout = _layout(self, width)
        names = tuple(head.removeprefix("<") for head in self.heads)
        head = [*layout.row(Row(names, "" if layout.under else self.words))]
        body = [line for row in self.rows for line in layout.row(row)]
        longest = max(len(plain(line)) for line in (*head, *body))
        rule = "─" * min(longest, width or _PIPED_RULE)
        return [*(paint(line, "bold") for line in head), paint(rule, "dim"), *body]


class _Layout(NamedTuple):
    """Where the columns and the words of a table stand."""

    widths: tuple[int, ...]
    leftward: tuple[bool, ...]
    gap: int
    width: int | None

    @property
    def beside(self) -> int:
        """Return the column in which words beside the cells start."""
        return sum(self.widths) + self.gap * len(self.widths)

    @property
    def under(self) -> bool:
        """Return whether words stand under their row."""
        return self.width is not None and self.width - self.beside < _LEAST_BESIDE

    def row(self, row: Row) -> Iterable[str]:
        """Yield the lines of one row."""
        indent = _INDENT if self.under else self.beside
        words = _wrapped(row.words, None if self.width is None else self.width - indent)
        first = "" if self.under or not words else words.pop(0)
        cells = self._cells(row.cells)
        yield paint(cells.ljust(indent) if first else cells.rstrip(), row.style) + first
        yield from (" " * indent + line for line in words)

    def _cells(self, cells: Iterable[str]) -> str:
        placed = zip(cells, self.widths, self.leftward, strict=True)
        return (" " * self.gap).join(
            cell.ljust(width) if left else cell.rjust(width) for cell, width, left in placed
        )


def _layout(table: Table, width: int | None) -> _Layout:
    names = [head.removeprefix("<") for head in table.heads]
    columns = zip(names, *(row.cells for row in table.rows), strict=True)
    widths = tuple(max(map(len, column)) for column in columns)
    wide = sum(widths) + 2 * (len(widths) - 1)
    gap = 2 if width is None or wide <= width else 1
    return _Layout(widths, tuple(head.startswith("<") for head in table.heads), gap, width)


def _wrapped(words: str, room: int | None) -> list[str]:
    """Fold ``words`` into lines of at most ``room`` columns; no words are no line."""
    line = " ".join(words.split())
    if not line or room is None or len(line) <= room:
        return [line] if line else []
    return textwrap.wrap(line, max(room, 1), break_on_hyphens=False)

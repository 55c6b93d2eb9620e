"""The network as a picture in a file: its stages and blocks, with what sits where."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nasattn.records.outline import kept_site
from nasattn.report.documents import Document
from nasattn.report.network_picture import Alike, stage_heads, stage_rows
from nasattn.report.picture import GREY, RIGHT, SMALL, new_figure, write_titled
from nasattn.report.sites_page import backbone_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 7.0  # inches
_LINE, _LETTER, _GAP = 0.26, 0.066, 0.09  # inches: of a line, of a letter, between two boxes
_INDENT = 0.1  # inches


class _Box(NamedTuple):
    """A call or a module of a block; its place in lines from the top and inches from the left."""

    line: int
    left: float
    text: str
    is_placed: bool


def draw_network(document: Document, file: Path) -> None:
    """Draw the network of an architecture.

    Args:
        document: As ``nasattn show ARCHITECTURE.json --json`` prints it.
        file: Where.

    Raises:
        UserError: matplotlib is not installed.
        WriteError: the file cannot be written.
    """
    sites = [kept_site(site) for site in document["sites"]]
    stages = stage_rows(sites, document["placements"])
    longest = max((len(row.name) for rows in stages for row in rows), default=0)
    heads: list[tuple[int, str]] = []
    names: list[tuple[int, str]] = []
    boxes: list[_Box] = []
    line = 0
    for head, rows in zip(stage_heads(sites), stages, strict=True):
        heads.append((line, head))
        for row in rows:
            line += 1
            names.append((line, row.name))
            boxes += _flowed(row, line, _INDENT + (longest + 2) * _LETTER)
            line = boxes[-1].line
        line += 2
    figure = new_figure(_WIDTH, _LINE * line + 0.9)
    axes = figure.subplots()
    axes.set(xlim=(0, _WIDTH), ylim=(line - 0.5, -0.7))
    axes.axis("off")
    for at, head in heads:
        axes.text(0, at, head, fontsize=9, fontweight="bold", va="center")
    for at, name in names:
        axes.text(_INDENT, at, name, fontsize=SMALL, va="center", family="monospace")
    for box in boxes:
        _draw(axes, box)
    title = f"{backbone_words(document)}: {document['digest']}"
    write_titled(figure, title, "filled: placed; all else as in the backbone", file)


def _flowed(row: Alike, line: int, first: float) -> Iterator[_Box]:
    """Yield the boxes of a row, from ``first`` to the right and then on the next line."""
    left = first
    for step in filter(None, (row.about, *row.steps)):
        is_placed = step.startswith("[")
        text = step.strip("[]") if is_placed else step
        width = len(text) * _LETTER + 2 * _GAP
        if left > first and left + width > _WIDTH:
            left, line = first, line + 1
        yield _Box(line, left, text, is_placed)
        left += width


def _draw(axes: "Axes", box: _Box) -> None:
    axes.text(
        box.left + _GAP,
        box.line,
        box.text,
        fontsize=SMALL,
        family="monospace",
        va="center",
        color="white" if box.is_placed else "black",
        bbox={
            "boxstyle": "round,pad=0.25",
            "facecolor": RIGHT if box.is_placed else "none",
            "edgecolor": RIGHT if box.is_placed else GREY,
            "linewidth": 0.6,
        },
    )

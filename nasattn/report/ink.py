"""Styled text on standard output, without rich.

Importing rich's console takes a third as long as a whole reading command may take. A styled text
is a string with ANSI sequences in it, made by `paint`; they are taken out again where the output
shows no colours. Only the terminal's own colours are used, which suit light and dark ones.
"""

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TextIO

WIDEST_PLOT = 120
PIPED_PLOT = 100

_CODES = {"bold": 1, "dim": 2, "green": 32, "yellow": 33, "magenta": 35, "cyan": 36}
_ASCII = str.maketrans("│┤├─┬└┌·●○◆▲▼×±Δ↑↓→…≤≥−–▁▂▃▄▅▆▇█", "|||-+++.*o#^vx~d^v>.<>--.:-=+*%#")
"""What stands for a character where the output's encoding has none but ASCII's."""

_SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")


def paint(text: str, style: str) -> str:
    """Return ``text`` in ``style``: words out of bold, dim, green, yellow, magenta, cyan."""
    codes = ";".join(str(_CODES[word]) for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text


def plain(text: str) -> str:
    """Return ``text`` without what `paint` put in."""
    return _SEQUENCE.sub("", text)


def shows_colours(stream: TextIO) -> bool:
    """Return whether to colour: on a terminal, unless ``NO_COLOR`` or ``FORCE_COLOR`` is set."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def page_width() -> int | None:
    """Return the columns to fill, or None for as many as the rows need.

    Into a pipe or a file each row is one line, for grep and awk, unless ``COLUMNS`` is set.
    """
    fixed = sys.stdout.isatty() or "COLUMNS" in os.environ
    return shutil.get_terminal_size().columns if fixed else None


def plot_width(width: int | None) -> int:
    """Return the columns of a plot on a page of ``width``: no more than is easy to read."""
    return min(width or PIPED_PLOT, WIDEST_PLOT)


def folded(notes: Iterable[str], width: int | None) -> list[str]:
    """Return ``notes`` as lines of at most ``width`` columns."""
    if width is None:
        return list(notes)
    lines = (textwrap.wrap(note, width, subsequent_indent="  ") for note in notes)
    return [line for wrapped in lines for line in wrapped]


def headline(text: str, width: int | None) -> list[str]:
    """Return the head of a page: ``text`` folded and bold, and the empty line under it."""
    return [*(paint(line, "bold") for line in folded([text], width)), ""]


def print_page(page: Callable[[int | None], Iterable[str]]) -> None:
    """Print the lines that ``page`` makes for the width of standard output."""
    _print("\n".join(page(page_width())), sys.stdout)


def tell(lines: Iterable[str]) -> None:
    """Print lines on standard error: they are no result."""
    with suppress(OSError):
        _print("\n".join(lines), sys.stderr)


def suggest(command: str) -> None:
    """Name the command that may come next, on standard error: it is not a result."""
    tell([paint(f"next: {command}", "dim")])


def _written(text: str, encoding: str) -> str:
    """Return ``text`` as an encoding can write it: drawn with ASCII where it has no lines."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    return text


def _print(text: str, stream: TextIO) -> None:
    shown = (text if shows_colours(stream) else plain(text)) + "\n"
    stream.write(_written(shown, stream.encoding or "utf-8"))
    stream.flush()  # so that the suggestion comes after the result where both go to one place

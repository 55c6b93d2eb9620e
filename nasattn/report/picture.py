"""Pictures in files, drawn by matplotlib: an extra, imported only when a picture is asked for."""

import io
import textwrap
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nasattn.errors import UserError
from nasattn.extras import import_extra
from nasattn.files import write_atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RIGHT, WRONG = "#0072B2", "#D55E00"
"""Blue and vermilion: told apart with any colour vision, and one is darker than the other."""

PURPLE, GREY = "#CC79A7", "#767676"  # likewise, of Okabe and Ito's colours

OPTION = "--figure"
SUFFIXES = (".png", ".svg")

SMALL = 7.5  # points
_DPI = 200  # of PNG
_LETTER = 0.6  # width of a letter over the font's size, on average and a little more


def check_suffix(file: Path, suffixes: tuple[str, ...], option: str) -> None:
    """Check that a picture's file says of which kind it is, before the work is done.

    Raises:
        UserError: naming the kinds that are possible.
    """
    if file.suffix.lower() not in suffixes:
        raise UserError(f"{option} {file}: the name must end in {' or '.join(suffixes)}")


def import_plots(option: str) -> ModuleType:
    """Import matplotlib's figures for an option of a command.

    Raises:
        UserError: they are not installed; the message says how to install them.
    """
    return import_extra("matplotlib.figure", "plots", option)


def new_figure(width: float, height: float, option: str = OPTION) -> "Figure":
    """Return an empty figure of so many inches.

    Raises:
        UserError: as `import_plots`.
    """
    library = import_plots(option)
    figure: Figure = library.Figure(figsize=(width, height), layout="constrained")
    return figure


def write_figure(figure: "Figure", file: Path) -> None:
    """Write a figure as PNG or SVG, by the file's suffix; equal figures give equal files.

    Raises:
        WriteError: the file cannot be written.
    """
    from matplotlib import rc_context

    content = io.BytesIO()
    kind = file.suffix.lower().removeprefix(".")
    # Text stays text, and neither names nor dates change from one drawing to the next.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "nasattn"}):
        dated = {"Date": None} if kind == "svg" else {}
        figure.savefig(content, format=kind, dpi=_DPI, metadata=dated)
    write_atomic(file, content.getvalue())


def write_titled(figure: "Figure", title: str, conditions: str, file: Path) -> None:
    """Write a figure between its title and the conditions of its numbers.

    Raises:
        WriteError: the file cannot be written.
    """
    width = figure.get_figwidth()
    figure.suptitle(folded_for(title, width, 11), fontsize=11)
    figure.supxlabel(folded_for(conditions, width, SMALL), fontsize=SMALL)
    write_figure(figure, file)


def folded_for(text: str, inches: float, size: float) -> str:
    """Return ``text`` folded so that it fits so many inches in letters of ``size`` points."""
    return textwrap.fill(text, int(inches * 72 / (size * _LETTER)))

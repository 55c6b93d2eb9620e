"""Options that several commands share."""

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from nasattn.errors import UserError

RUNS = Path("runs")
"""Where studies are kept unless ``--runs-dir`` or NASATTN_RUNS says otherwise."""

RunsDir = Annotated[
    Path, typer.Option("--runs-dir", envvar="NASATTN_RUNS", help="The folder of all studies.")
]
Storage = Annotated[
    str | None,
    typer.Option(
        help="The study's storage URL, with the password that the run folder leaves out; "
        "NASATTN_STORAGE may have it too."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]
Figure = Annotated[
    Path | None,
    typer.Option(
        "--figure", "--plot", metavar="FILE", help="Also draw it into FILE.svg or FILE.png."
    ),
]
InputShape = Annotated[
    str | None,
    typer.Option("--input-shape", metavar="C,H,W", help="[default: the backbone's own]"),
]


def seconds_of(option: str, text: str) -> float:
    """Return the seconds of a duration that an option was given.

    Raises:
        UserError: it is none.
    """
    from nasattn.search.study.durations import read_duration

    try:
        return read_duration(text)
    except ValueError as error:
        raise UserError(f"{option}: {error}") from None


def check_figure(file: Path | None) -> None:
    """Check that a figure can be drawn into a file of this name, before the work is done.

    Raises:
        UserError: the name does not say of which kind it is, or matplotlib is not installed.
    """
    if file is not None:
        from nasattn.report.picture import OPTION, SUFFIXES, check_suffix, import_plots

        check_suffix(file, SUFFIXES, OPTION)
        import_plots(OPTION)


def runs_dir_words(runs_dir: Path) -> str:
    """Return what a command to be typed next needs after it to look in the same folder."""
    usual = str(runs_dir) == os.environ.get("NASATTN_RUNS", str(RUNS))
    return "" if usual else f" --runs-dir {shlex.quote(str(runs_dir))}"

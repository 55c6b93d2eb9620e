"""The forms in which commands print tables: a page, JSON, CSV, or for a paper."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from nasattn.cli.gathered import gathered
from nasattn.cli.options import AsJson
from nasattn.errors import UserError

if TYPE_CHECKING:
    from nasattn.report.documents import Document
    from nasattn.report.table import Table

AsCsv = Annotated[bool, typer.Option("--csv", help="Print comma-separated values instead.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown tables instead.")]
AsLatex = Annotated[bool, typer.Option("--latex", help="Print LaTeX tables (booktabs) instead.")]


class Answer(NamedTuple):
    """What a command has found out; each form of it is made when it is asked for.

    Attributes:
        page: Its lines on a terminal of so many columns.
        document: For programs.
        rows: Heads and rows of CSV, with exact values.
        tables: For a paper.
        caption: Of these: under which conditions their numbers were measured.
    """

    page: "Callable[[int | None], Iterable[str]]"
    document: "Callable[[], Document]"
    rows: Callable[[], tuple[Sequence[str], Iterable[Mapping[str, Any]]]]
    tables: "Callable[[], Sequence[Table]]"
    caption: Callable[[], str]

    def print(self, form: str, following: str = "") -> None:
        """Print it in a form; after a page, name the command that may come next."""
        if form == "json":
            from nasattn.report.documents import print_json

            print_json(self.document())
        elif form == "csv":
            from nasattn.report.documents import csv_text

            sys.stdout.write(csv_text(*self.rows()))
        elif form:
            from nasattn.report.markup import tables_markup

            sys.stdout.write(tables_markup(form, self.tables(), self.caption()))
        else:
            from nasattn.report.ink import print_page, suggest

            print_page(self.page)
            if following:
                suggest(following)


def form_of(
    *,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    as_latex: AsLatex = False,
) -> str:
    """Return the name of the one form that was asked for; empty for a page.

    Raises:
        UserError: more than one was.
    """
    forms = {"json": as_json, "csv": as_csv, "markdown": as_markdown, "latex": as_latex}
    names = [name for name, given in forms.items() if given]
    if len(names) > 1:
        options = " and ".join(f"--{name}" for name in names)
        raise UserError(f"{options}: only one of them can be printed")
    return names[0] if names else ""


in_forms = gathered("form", form_of)
"""Give a command the options --json, --csv, --markdown and --latex, as its keyword ``form``."""

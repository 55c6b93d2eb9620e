"""The forms in which commands print tables: a page, JSON, CSV, or for a paper."""

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from nasattn.cli.options import AsJson
from nasattn.errors import UserError

if TYPE_CHECKING:
    from nasattn.report.documents import Document
    from nasattn.report.table import Table

AsCsv = Annotated[bool, typer.Option("--csv", help="Print comma-separated values instead.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown tables instead.")]
AsLatex = Annotated[bool, typer.Option("--latex", help="Print LaTeX tables (booktabs) instead.")]

_FORMS: Mapping[str, Any] = {
    "as_json": AsJson,
    "as_csv": AsCsv,
    "as_markdown": AsMarkdown,
    "as_latex": AsLatex,
}


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


def in_forms(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options --json, --csv, --markdown and --latex.

    Its keyword ``form`` is the name of the one that was asked for, or empty for a page.
    """

    @wraps(command)
    def asked(*arguments: Any, **keywords: Any) -> None:
        given = [name for name in _FORMS if keywords.pop(name, False)]
        command(*arguments, **keywords, form=_only(given))

    own = [p for name, p in inspect.signature(command).parameters.items() if name != "form"]
    keyword = inspect.Parameter.KEYWORD_ONLY
    forms = [
        inspect.Parameter(name, keyword, default=False, annotation=kind)
        for name, kind in _FORMS.items()
    ]
    asked.__annotations__ = {p.name: p.annotation for p in (*own, *forms)}
    vars(asked)["__signature__"] = inspect.Signature([*own, *forms])  # what typer reads
    return asked


def _only(given: Sequence[str]) -> str:
    """Return the one form that was asked for.

    Raises:
        UserError: more than one was.
    """
    names = [name.removeprefix("as_") for name in given]
    if len(names) > 1:
        options = " and ".join(f"--{name}" for name in names)
        raise UserError(f"{options}: only one of them can be printed")
    return names[0] if names else ""

"""How a command prints what it has found out: a page for eyes, or one JSON document."""

import contextlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from nasattn.report.documents import Document


def results_alone() -> "contextlib.redirect_stdout[TextIO]":
    """Keep standard output for results while a user's network is at work, which may print."""
    return contextlib.redirect_stdout(sys.stderr)


def answer(
    describe: "Callable[[], Document]",
    page: "Callable[[Document, int | None], list[str]]",
    following: str = "",
    *,
    as_json: bool,
) -> None:
    """Print what ``describe`` returns, and the command that may come next."""
    with results_alone():
        document = describe()
    if as_json:
        from nasattn.report.documents import print_json

        print_json(document)
        return
    from nasattn.report.ink import print_page, suggest

    print_page(lambda width: page(document, width))
    if following:
        suggest(following)

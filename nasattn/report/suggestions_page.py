"""What should be trained next: on a terminal, and as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from nasattn.analysis.believed import interval
from nasattn.records import Study
from nasattn.report.believed_page import fit_document, fit_words
from nasattn.report.documents import Document
from nasattn.report.ink import folded, headline
from nasattn.report.placements import summarize
from nasattn.report.table import Row, Table
from nasattn.report.units import counted, human, milliseconds, percent
from nasattn.surrogate.belief import Fit

_HEADS = ("", "expected %", "95 % interval", "front %", "params", "flops")

SUGGESTION_FIELDS = (
    *("digest", "params", "flops", "flops_stock", "latency_ms", "posterior_mean", "posterior_sd"),
    *("posterior_low", "posterior_high", "chance", "gain", "placements"),
)
"""The columns of ``nasattn suggest --csv``."""

Suggested = Mapping[str, Any]
"""Digest, costs, placements, posterior mean and deviation, chance, gain."""

Looked = tuple[int, bool]
"""How many architectures were looked at, and whether they are all that there are."""


def suggestions_page(
    study: Study, rows: Sequence[Suggested], fit: Fit, looked: Looked, width: int | None
) -> list[str]:
    """Return the lines of ``nasattn suggest``.

    Args:
        study: Whose trials suggest them.
        rows: The most promising first.
        fit: How the model was fitted.
        looked: Among how many they were found.
        width: Of the terminal; None for as wide as the rows need.
    """
    found = looked_words(*looked)
    if rows:
        head = f"{study.name}: what promises the front most, among {found}"
        page = [*headline(head, width), *suggestions_table(study, rows).lines(width), ""]
    else:
        page = [f"{study.name}: nothing promises the front anything, among {found}", ""]
    has_latency = "latency_ms" in study.objectives
    costs = "params and flops are exact" + (", ms is extrapolated" if has_latency else "")
    meaning = (
        f"{costs}; the interval is of the mean over seeds, as far as the model is right; front %: "
        "the chance that this mean is on the front as believed, above 50 it is expected there"
    )
    return page + folded([fit_words(fit), meaning], width)


def looked_words(number: int, is_whole: bool) -> str:  # noqa: FBT001 - a part of a value
    """Say among how many architectures the suggestions were found."""
    words = counted(number, "untrained architecture")
    return f"all {words} of the space within the budget" if is_whole else f"{words} looked at"


def suggestions_document(
    study: Study, rows: Sequence[Suggested], fit: Fit, looked: Looked
) -> Document:
    """Return ``nasattn suggest --json``."""
    number, is_whole = looked
    return {
        "study": study.name,
        "model": fit_document(fit),
        "considered": number,
        "considered_all": is_whole,
        "suggestions": suggestion_rows(rows),
    }


def suggestion_rows(rows: Sequence[Suggested]) -> list[dict[str, Any]]:
    """Return the rows of ``nasattn suggest --csv``, and of ``--json``."""
    ends = ("posterior_low", "posterior_high")
    return [{**row, **dict(zip(ends, _interval(row), strict=True))} for row in rows]


def suggestions_table(study: Study, rows: Sequence[Suggested]) -> Table:
    """Return one row an architecture, the most promising first."""
    heads = (*_HEADS, "ms") if "latency_ms" in study.objectives else _HEADS
    cells = (_row(place, row, len(heads)) for place, row in enumerate(rows, 1))
    return Table(heads, "placements", tuple(cells))


def _row(place: int, row: Suggested, cells: int) -> Row:
    low, high = _interval(row)
    values = (
        str(place),
        percent(row["posterior_mean"]),
        f"{percent(low)}–{percent(high)}",
        f"{100 * row['chance']:.0f}",
        human(row["params"]),
        human(row["flops"]),
        milliseconds(row["latency_ms"]),
    )
    return Row(values[:cells], summarize(row["placements"]))


def _interval(row: Suggested) -> tuple[float, float]:
    return interval(row["posterior_mean"], row["posterior_sd"])

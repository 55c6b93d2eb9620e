"""What a table is good for, on a terminal and as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nasattn.analysis.validity import ENOUGH, Agreement, Validity
from nasattn.records.table import Table, left_out_words
from nasattn.report.conditions import conditions
from nasattn.report.documents import Document, pareto_document
from nasattn.report.ink import folded, headline, paint
from nasattn.report.pareto_page import front_table
from nasattn.report.table import Row
from nasattn.report.table import Table as Grid
from nasattn.report.units import counted, percent

_HEADS = ("epoch", "τ end", "plain", "τ others")
_TAUS = (
    "τ: Kendall's rank correlation between the accuracy after an epoch and that at the end of the "
    "same training (plain: of the weights that are not averaged; others: and the mean at the end "
    "of the architecture's other repeats)"
)


def table_document(table: Table, found: Validity, written: Path | None) -> Document:
    """Return ``nasattn table --json``."""
    return {
        "study": table.study.name,
        "file": None if written is None else str(written),
        "epochs": table.epochs,
        "trials": len(table.trials),
        "architectures": found.architectures,
        "repeats": {str(count): number for count, number in found.repeats.items()},
        "left_out": [{"trial": one.trial, "why": one.why} for one in table.left_out],
        "spread": found.spread._asdict(),
        "bar": ENOUGH,
        "is_enough": found.is_enough,
        "tau_by_epoch": [agreement._asdict() for agreement in found.agreements],
        "tau_between_repeats": found.seeds,
        "seconds": found.seconds,
        "true_front": _front_document(table, found),
    }


def _front_document(table: Table, found: Validity) -> list[dict[str, Any]]:
    members: list[dict[str, Any]] = pareto_document(table.study, found.front)["front"]
    return [{key: value for key, value in member.items() if key != "curve"} for member in members]


def table_page(table: Table, found: Validity, width: int | None) -> list[str]:
    """Return the lines of ``nasattn table``; ``width`` as for `pareto_page`."""
    repeats = ", ".join(f"{n} with {counted(c, 'repeat')}" for c, n in found.repeats.items())
    hours = f"{found.seconds / 3600:.2f} hours of training"
    page = headline(
        f"{table.study.name}: {counted(found.architectures, 'architecture')} ({repeats}), "
        f"{counted(table.epochs, 'epoch')}, {hours}",
        width,
    )
    if table.left_out:
        page += [*folded([f"left out: {left_out_words(table.left_out)}"], width), ""]
    page += [*folded(spread_words(found), width), ""]
    page += _agreements(found).lines(width)
    page += [*folded([_TAUS, _seeds(found)], width), ""]
    page.append(paint("true front: of the means over repeats", "bold"))
    page += _true_front(table, found).lines(width)
    notes = [f"conditions: {conditions(table.study, table.trials)}"]
    return [*page, "", *folded(notes, width)]


def validity_tables(table: Table, found: Validity) -> list[Grid]:
    """Return the tables of ``nasattn table``: rank correlations by epoch, and the true front."""
    agreements = _agreements(found)._replace(title=". ".join((*spread_words(found), _TAUS)))
    return [agreements, _true_front(table, found)._replace(title="Front of the means over repeats")]


def agreement_rows(found: Validity) -> tuple[Sequence[str], list[dict[str, Any]]]:
    """Return columns and rows of ``nasattn table --csv``: rank correlations by epoch."""
    return Agreement._fields, [agreement._asdict() for agreement in found.agreements]


def _agreements(found: Validity) -> Grid:
    return Grid(_HEADS, "", tuple(map(_row, found.agreements)))


def _true_front(table: Table, found: Validity) -> Grid:
    return front_table(found.front, table.study.evaluated)


def spread_words(found: Validity) -> list[str]:
    """Say how far architectures differ, and repeats of one."""
    spread = found.spread
    lines = [f"SD of the architectures' mean accuracies: {percent(spread.means_sd)} points"]
    if spread.between_sd is None or spread.seed_sd is None:
        return [*lines, "no architecture has two repeats: how much of it is noise is not known"]
    lines.append(
        f"without the seed noise: {percent(spread.between_sd)} points between architectures, "
        f"{percent(spread.seed_sd)} between repeats of one"
    )
    lines.append(f"besides, whole repeats differ by an SD of {percent(spread.shift_sd)} points")
    if spread.ratio is None or spread.interval is None:
        return [*lines, "repeats do not differ at all: the table has one seed twice"]
    low, high = spread.interval
    verdict = "enough" if found.is_enough else "too little: enlarge the differences"
    ratio = f"{spread.ratio:.2f} (95 % interval {low:.2f} to {high:.2f})"
    return [*lines, f"ratio {ratio}, at least {ENOUGH} is wanted: {verdict}"]


def _seeds(found: Validity) -> str:
    if found.seeds is None:
        return "τ between final accuracies of two repeats: no architecture has two"
    return f"τ between final accuracies of two repeats: {found.seeds:.2f}"


def _row(agreement: Agreement) -> Row:
    taus = (agreement.end, agreement.plain, agreement.others)
    cells = ("" if tau is None else f"{tau:.2f}" for tau in taus)
    return Row((str(agreement.epoch), *cells))

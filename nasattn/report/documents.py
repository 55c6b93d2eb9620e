"""Reports for programs: JSON documents and CSV."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from nasattn.analysis import Front, Result, direction
from nasattn.records import Study, Trial
from nasattn.records.outline import Outline
from nasattn.report.front_view import PLAIN, View, growth_rows
from nasattn.report.trials_page import TRIAL_FIELDS

Document = Mapping[str, Any]

_MARKS = ("front", "baseline", "knee")

GROWTH_FIELDS = ("trial", "finished", "trials", "epochs", "hypervolume")
"""The columns of ``nasattn pareto --history --csv``."""

PARETO_FIELDS = (*TRIAL_FIELDS, "repeats", "repeat_trials", "accuracy_sd", *_MARKS)
"""The columns of ``nasattn pareto --csv``."""


def show_document(study: Study, trial: Trial, outline: Outline | None = None) -> Document:
    """Return ``nasattn show --json``; the sites are null where the study did not record them."""
    sites = None if outline is None else [asdict(site) for site in outline.sites]
    return {"study": study.name, **trial.to_dict(), "sites": sites}


def pareto_document(study: Study, front: Front, view: View = PLAIN) -> Document:
    """Return ``nasattn pareto --json``: exact values, accuracy averaged over repeats."""
    names = front.objectives
    asked: dict[str, Any] = {}
    if view.limits is not None:
        asked["limits"] = {"accuracy": view.limits.accuracy, **view.limits.costs}
    if view.steadiness is not None:
        asked["steadiness"] = {**view.steadiness._asdict(), "shares": _shares(front, view)}
    if view.growth is not None:
        asked["history"] = growth_rows(view.growth)
    return {
        "study": study.name,
        "objectives": [{"name": name, "direction": direction(name)} for name in names],
        "baseline": result_values(front.baseline) if front.baseline else None,
        "front": [result_values(member) for member in front.members],
        "hypervolume": front.hypervolume,
        "knee": front.knee.trial.trial if front.knee else None,
        **asked,
    }


def _shares(front: Front, view: View) -> dict[str, float]:
    """Return how often each architecture was on the front, by the number of its first trial."""
    shares = view.steadiness.shares if view.steadiness else {}
    return {str(r.trial.trial): shares[r.trial.digest] for r in front.results}


def result_values(result: Result) -> dict[str, Any]:
    """Return what an architecture reached: its first trial's fields, averaged over repeats."""
    averaged = {"repeats": result.repeats, "repeat_trials": list(result.trials)}
    return {**result.trial.to_dict(), **averaged, "accuracy_sd": result.accuracy_sd}


def json_text(document: Document, *, indent: int | None) -> str:
    """Write ``document``, in one line where ``indent`` is None.

    Raises:
        ValueError: a number in it is NaN or infinite.
    """
    return json.dumps(document, allow_nan=False, indent=indent)


def print_json(document: Document) -> None:
    """Print ``document``: indented for eyes on a terminal, in one line for programs elsewhere."""
    sys.stdout.write(json_text(document, indent=2 if sys.stdout.isatty() else None) + "\n")


def pareto_rows(front: Front) -> list[dict[str, Any]]:
    """Return the rows of ``nasattn pareto --csv``: those of the table, marked by what they are."""

    def row(result: Result) -> dict[str, Any]:
        found = (result in front.members, result == front.baseline, result == front.knee)
        return {**result_values(result), **dict(zip(_MARKS, found, strict=True))}

    return [row(result) for result in front.listed]


def pareto_table(front: Front, view: View) -> tuple[Sequence[str], list[dict[str, Any]]]:
    """Return columns and rows of ``nasattn pareto --csv``: the growth's where it was asked for."""
    if view.growth is not None:
        return GROWTH_FIELDS, growth_rows(view.growth)
    if view.steadiness is None:
        return PARETO_FIELDS, pareto_rows(front)
    shares = view.steadiness.shares
    pairs = zip(pareto_rows(front), front.listed, strict=True)
    rows = [{**row, "steadiness": shares.get(r.trial.digest)} for row, r in pairs]
    return (*PARETO_FIELDS, "steadiness"), rows


def csv_text(heads: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Write ``rows`` under ``heads``; what a cell cannot hold is written as JSON."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_cell(row[head]) for head in heads] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict | bool) else value

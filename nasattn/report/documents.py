"""Reports for programs: JSON documents and CSV."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nasattn.analysis import Front, Result, direction
from nasattn.records import FIELDS, Study, Trial

Document = Mapping[str, Any]

_MARKS = ("front", "baseline", "knee")

TRIAL_FIELDS = tuple(name for name in FIELDS if name != "curve")
"""The columns of ``nasattn trials --csv``."""

PARETO_FIELDS = (*TRIAL_FIELDS, "repeats", "repeat_trials", "accuracy_sd", *_MARKS)
"""The columns of ``nasattn pareto --csv``."""


def trials_document(study: Study, trials: Iterable[Trial]) -> Document:
    """Return ``nasattn trials --json``."""
    return {"study": study.name, "trials": [trial.to_dict() for trial in trials]}


def show_document(study: Study, trial: Trial) -> Document:
    """Return ``nasattn show --json``."""
    return {"study": study.name, **trial.to_dict()}


def pareto_document(study: Study, front: Front) -> Document:
    """Return ``nasattn pareto --json``: exact values, accuracy averaged over repeats."""
    names = front.objectives
    return {
        "study": study.name,
        "objectives": [{"name": name, "direction": direction(name)} for name in names],
        "baseline": result_values(front.baseline) if front.baseline else None,
        "front": [result_values(member) for member in front.members],
        "hypervolume": front.hypervolume,
        "knee": front.knee.trial.trial if front.knee else None,
    }


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


def csv_text(heads: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Write ``rows`` under ``heads``; what a cell cannot hold is written as JSON."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_cell(row[head]) for head in heads] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict | bool) else value

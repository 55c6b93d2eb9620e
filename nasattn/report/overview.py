"""The studies of a folder at a glance."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nasattn.errors import NasattnError
from nasattn.records import Study, Trial, load_study, load_trials, study_names
from nasattn.report.progress import counts, done
from nasattn.report.table import Row, Table
from nasattn.report.units import percent

_HEADS = ("<study", "<objectives", "done", "running", "failed", "highest %", "baseline %")


class Overview(NamedTuple):
    """One study in short, or why it cannot be read.

    Attributes:
        name: Of the study.
        study: None where ``problem`` says why.
        trials: Without curves.
        problem: Empty for a study that can be read.
    """

    name: str
    study: Study | None
    trials: tuple[Trial, ...]
    problem: str = ""


def overviews(runs_dir: str | Path) -> tuple[Overview, ...]:
    """Read all studies of ``runs_dir``; one that is broken does not hide the others."""
    return tuple(_overview(runs_dir, name) for name in study_names(runs_dir))


def studies_page(runs_dir: str | Path, studies: Sequence[Overview], width: int | None) -> list[str]:
    """Return the lines of ``nasattn studies``; ``width`` as for `pareto_page`."""
    if not studies:
        return [f"no studies in {runs_dir}: `nasattn search` makes one"]
    return studies_table(studies).lines(width)


def studies_table(studies: Sequence[Overview]) -> Table:
    """Return one row a study."""
    return Table(_HEADS, "what", tuple(map(_row, studies)))


def overview_dict(overview: Overview) -> dict[str, Any]:
    """Return an overview as JSON and CSV take it."""
    study = overview.study
    states = counts(overview.trials)
    return {
        "study": overview.name,
        "objectives": list(study.objectives) if study else [],
        "trials_wanted": study.trials if study else None,
        "trials_done": done(overview.trials),
        "complete": states.get("complete", 0),
        "running": states.get("running", 0),
        "failed": states.get("failed", 0),
        "highest_accuracy": _highest(overview.trials),
        "baseline_accuracy": _baseline(overview.trials),
        "backbone": study.settings.get("backbone") if study else None,
        "data": study.table("data").get("name") if study else None,
        "problem": overview.problem or None,
    }


def _overview(runs_dir: str | Path, name: str) -> Overview:
    try:
        study = load_study(runs_dir, name)
        return Overview(name, study, load_trials(study, curves=False))
    except NasattnError as error:
        return Overview(name, None, (), str(error))


def _row(overview: Overview) -> Row:
    if overview.study is None:
        return Row((overview.name, *[""] * (len(_HEADS) - 1)), overview.problem, "magenta")
    states = counts(overview.trials)
    study = overview.study
    cells = (
        overview.name,
        ", ".join(study.objectives),
        f"{done(overview.trials)}/{study.trials}",
        str(states.get("running", "")),
        str(states.get("failed", "")),
        percent(_highest(overview.trials)),
        percent(_baseline(overview.trials)),
    )
    return Row(cells, _what(study))


def _what(study: Study) -> str:
    backbone, data = study.settings.get("backbone"), study.table("data").get("name")
    epochs = "" if study.epochs is None else f", {study.epochs} epochs"
    return f"{backbone} on {data}{epochs}" if backbone and data else ""


def _highest(trials: Sequence[Trial]) -> float | None:
    reached = (trial.accuracy for trial in trials if trial.is_result)
    return max((accuracy for accuracy in reached if accuracy is not None), default=None)


def _baseline(trials: Sequence[Trial]) -> float | None:
    bare = (trial for trial in trials if trial.is_baseline and trial.is_result)
    return next((trial.accuracy for trial in bare), None)


OVERVIEW_FIELDS = tuple(overview_dict(Overview("", None, ())))
"""The columns of ``nasattn studies --csv``."""

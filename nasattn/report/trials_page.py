"""All trials of a study on a terminal."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from nasattn.records import FIELDS, Study, Trial, TrialText
from nasattn.records.trial import plain
from nasattn.report.ink import folded, paint
from nasattn.report.placements import describe
from nasattn.report.progress import STATE_STYLES, progress_words
from nasattn.report.table import Row, Table
from nasattn.report.units import duration, human, milliseconds, percent

TRIAL_FIELDS = tuple(name for name in FIELDS if name != "curve")
"""The columns of ``nasattn trials --csv``."""

_SHORT = tuple(name for name in TRIAL_FIELDS if name != "placements")
_HEADS = ("trial", "<state", "accuracy %", "best %", "params", "flops", "epochs", "time")


def trials_document(study: Study, trials: Iterable[Trial]) -> dict[str, Any]:
    """Return ``nasattn trials --json``."""
    return {"study": study.name, "trials": [trial.to_dict() for trial in trials]}


def trials_text(study: Study, texts: Iterable[TrialText]) -> Iterator[str]:
    """Yield the parts of ``nasattn trials --json`` in one line, of trials read as text."""
    yield f'{{"study": {json.dumps(study.name)}, "trials": ['
    for place, text in enumerate(texts):
        yield ", " * bool(place) + _trial_text(text)
    yield "]}\n"


def _trial_text(text: TrialText) -> str:
    values = {name: getattr(text.trial, name) for name in _SHORT}
    try:
        short = json.dumps(values, allow_nan=False)
    except ValueError:  # a number that JSON does not have
        short = json.dumps(plain(values))
    return f'{short[:-1]}, "placements": {text.placements}, "curve": {text.curve}}}'


def trials_page(study: Study, trials: Sequence[Trial], width: int | None) -> list[str]:
    """Return the lines of ``nasattn trials``; ``width`` as for `pareto_page`."""
    page = [paint(study.name, "bold"), progress_words(study, trials), ""]
    if not trials:
        return [*page[:-1], "no trials yet"]
    page += trials_table(study, trials).lines(width)
    note = "accuracy: of the last epoch; best: of all epochs, for orientation only"
    return [*page, "", *folded([note], width)]


def trials_table(study: Study, trials: Sequence[Trial]) -> Table:
    """Return one row a trial, the latency only where one was measured."""
    timed = any(trial.latency_ms is not None for trial in trials)
    heads = (*_HEADS, "ms") if timed else _HEADS
    rows = (_row(trial, study.epochs, len(heads)) for trial in trials)
    return Table(heads, "placements", tuple(rows))


def _row(trial: Trial, epochs: int | None, cells: int) -> Row:
    values = (
        str(trial.trial),
        trial.state,
        percent(trial.accuracy),
        percent(trial.best_accuracy),
        human(trial.params),
        human(trial.flops),
        epochs_words(trial, epochs),
        duration(trial.seconds),
        milliseconds(trial.latency_ms),
    )
    notes = [trial.reason] if trial.reason else []
    if trial.extended_to is not None:
        notes.append("beyond the recipe's epochs: not on the front")
    words = f"{describe(trial)} ({'; '.join(notes)})" if notes else describe(trial)
    return Row(values[:cells], words, STATE_STYLES.get(trial.state, ""))


def epochs_words(trial: Trial, epochs: int | None) -> str:
    """Write the epochs trained of those wanted, the recipe's or more: ``3/8``."""
    wanted = trial.extended_to or epochs
    return str(trial.epochs) if wanted is None else f"{trial.epochs}/{wanted}"

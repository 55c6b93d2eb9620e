"""Everything about one trial on a terminal."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nasattn.analysis import Result
from nasattn.records import Study, Trial
from nasattn.records.outline import Outline
from nasattn.report.conditions import conditions
from nasattn.report.curves import Line, panels
from nasattn.report.ink import folded, paint, plot_width
from nasattn.report.network_picture import network_picture
from nasattn.report.placements import BARE, placements_table
from nasattn.report.plot import Series, plot
from nasattn.report.progress import STATE_STYLES
from nasattn.report.table import Row, Table
from nasattn.report.trials_page import epochs_words
from nasattn.report.units import (
    counted,
    duration,
    images_per_second,
    milliseconds,
    percent,
    points,
    relative,
)


def show_page(
    study: Study,
    trial: Trial,
    baseline: Result | None,
    width: int | None,
    outline: Outline | None = None,
) -> list[str]:
    """Return the lines of ``nasattn show``.

    Args:
        study: Where the trial belongs.
        trial: With its learning curve.
        baseline: What accuracy and costs are compared with, if it is complete.
        width: As for `pareto_page`.
        outline: The study's; without one the network is not drawn.
    """
    state = paint(trial.state, STATE_STYLES.get(trial.state, "green"))
    page = [paint(f"{study.name}, trial {trial.trial}: ", "bold") + state]
    facts = list(_facts(study, trial, baseline.trial if baseline else None))
    longest = max(len(name) for name, _ in facts)
    for name, words in facts:
        page += _fact(f"  {name:<{longest}}  ", words, width)
    page += ["", *_network(study, trial, outline, width)]
    page += ["", *_placements(trial, width), "", *_curve(study, trial, plot_width(width))]
    return [*page, "", *folded([f"conditions: {conditions(study, [trial])}"], width)]


EPOCH_FIELDS = (
    *("epoch", "loss", "train_accuracy", "validation_loss", "accuracy", "plain_accuracy"),
    *("lr", "seconds"),
)
"""The columns of ``nasattn show NAME TRIAL --csv``, the learning curve."""


def epoch_rows(trial: Trial) -> list[dict[str, Any]]:
    """Return a trial's epochs as ``--csv`` has them; what was not recorded is None."""
    return [{name: epoch.get(name) for name in EPOCH_FIELDS} for epoch in trial.curve]


def show_tables(study: Study, trial: Trial) -> list[Table]:
    """Return the tables of ``nasattn show``: what is placed, and the learning curve."""
    tables = (placements_table(trial.placements), _epochs(study, trial))
    return [table for table in tables if table.rows]


def show_caption(study: Study, trial: Trial) -> str:
    """Say which trial it is, what it came to and under which conditions."""
    costs = ", ".join(f"{cost} {getattr(trial, cost):,}" for cost in ("params", "flops"))
    return f"{study.name}: trial {trial.trial}, {costs}; {conditions(study, [trial])}"


def _epochs(study: Study, trial: Trial) -> Table:
    part = study.evaluated
    heads = ("epoch", "training loss", "training %", f"{part} loss", f"{part} %", "learning rate")
    rows = tuple(
        Row((
            str(epoch["epoch"]),
            _number(epoch["loss"]),
            percent(epoch["train_accuracy"]),
            _number(epoch["validation_loss"]),
            percent(epoch["accuracy"]),
            _number(epoch["lr"]),
        ))
        for epoch in epoch_rows(trial)
    )  # fmt: skip
    return Table(heads, "", rows, "Learning curve")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _fact(head: str, words: str, width: int | None) -> list[str]:
    """Write a fact beside its name, folded under itself; paths stay whole."""
    room = len(words) if width is None else width - len(head)
    lines = textwrap.wrap(
        words or "-", max(room, 1), break_on_hyphens=False, break_long_words=False
    )
    return [head + lines[0], *(" " * len(head) + line for line in lines[1:])]


def _facts(study: Study, trial: Trial, baseline: Trial | None) -> Iterable[tuple[str, str]]:
    """Yield name and value of what is known of ``trial``."""
    optional = (("reason", trial.reason), ("variant", trial.variant or ""))
    yield from ((name, words) for name, words in optional if words)
    yield from _accuracies(study, trial, baseline)
    yield from _costs(trial, baseline)
    yield "epochs", epochs_words(trial, study.epochs)
    size, batch = _micro_batch(trial), study.table("recipe").get("batch_size")
    if size is not None and batch is not None and size < batch:
        yield "micro-batch", f"{size} images: memory did not suffice for {batch}"
    yield "time", duration(trial.seconds)
    if trial.eval_images_per_second is not None:
        yield "evaluation", _throughput(study, trial)
    yield "repeat", str(trial.repeat)
    yield "attempt", str(trial.attempt)
    yield "digest", trial.digest
    yield "started", trial.started
    if trial.finished:
        yield "finished", trial.finished
    weights = study.weights_file(trial.trial)
    if weights.is_file():
        yield "weights", str(weights)


def _accuracies(study: Study, trial: Trial, baseline: Trial | None) -> Iterable[tuple[str, str]]:
    if trial.accuracy is not None:
        difference = points(trial.accuracy, baseline.accuracy if baseline else None)
        of_last = f"{percent(trial.accuracy)} % (last epoch, {study.evaluated} images)"
        yield "accuracy", of_last + _against(difference, " points")
    if trial.best_accuracy is not None:
        yield "best accuracy", f"{percent(trial.best_accuracy)} % ({_best_epoch(trial)})"


def _costs(trial: Trial, baseline: Trial | None) -> Iterable[tuple[str, str]]:
    for cost in ("params", "flops", "flops_stock"):
        difference = relative(getattr(trial, cost), getattr(baseline, cost, None))
        yield cost, f"{getattr(trial, cost):,}{_against(difference, ' %')}"
    if trial.latency_ms is not None:
        spread = f" ± {milliseconds(trial.latency_iqr_ms)} (interquartile range)"
        difference = relative(trial.latency_ms, baseline.latency_ms if baseline else None)
        yield "latency_ms", f"{milliseconds(trial.latency_ms)}{spread}{_against(difference, ' %')}"


def _best_epoch(trial: Trial) -> str:
    """Say which epoch was the best, where the learning curve was read."""
    best = (e["epoch"] for e in trial.curve if e.get("accuracy") == trial.best_accuracy)
    number = next(best, None)
    which = "" if number is None else f"epoch {number}, "
    return f"{which}the best of {trial.epochs}"


def _throughput(study: Study, trial: Trial) -> str:
    """Write the images a second of evaluation and what they were measured with."""
    speed = images_per_second(trial.eval_images_per_second)
    batch = trial.curve[-1].get("eval_batch_size") if trial.curve else None
    words = (
        f"median of {counted(trial.epochs, 'epoch')}",
        f"batch {batch}" if batch else "",
        str(study.table("recipe").get("precision", "")),
        trial.device,
        _threads(study, trial),
        "streamed" if study.table("data").get("in_memory") is False else "",
    )
    return f"{speed} ({', '.join(filter(None, words))})"


def _threads(study: Study, trial: Trial) -> str:
    threads = study.table("execution").get("threads")
    return counted(int(threads), "thread") if threads and trial.device == "cpu" else ""


def _micro_batch(trial: Trial) -> int | None:
    """Return how many images at a time the last epoch was trained with, where that is recorded."""
    return trial.curve[-1].get("micro_batch") if trial.curve else None


def _against(difference: str, unit: str) -> str:
    return f" ({difference}{unit} against the baseline)" if difference else ""


def _network(study: Study, trial: Trial, outline: Outline | None, width: int | None) -> list[str]:
    if outline is None:
        unknown = "the network is not drawn: an older version made the study and recorded no stages"
        return folded([f"{unknown}; `nasattn resume {study.name}` records them"], width)
    return network_picture(outline.sites, trial.placements, width)


def _placements(trial: Trial, width: int | None) -> list[str]:
    if not trial.placements:
        return [f"placements: none, the {BARE}"]
    return placements_table(trial.placements).lines(width)


def _curve(study: Study, trial: Trial, width: int) -> list[str]:
    """Plot accuracies and losses over the epochs and write the last epoch's losses."""
    drawn = panels(study, trial.curve)
    if not drawn:
        return ["no epoch is finished yet"]
    lines: list[str] = []
    for panel in drawn:
        series = [_series(line) for line in panel.lines]
        lines += plot(series, "epoch", panel.axis, width=width, height=max(6, width // 11))
        lines.append("")
    return [*lines, _last_epoch(study, trial.curve)]


def _series(line: Line) -> Series:
    marker, style = ("○", "") if line.is_training else ("●", "green")
    return Series(line.label, marker, style, line.points, path="·")


def _last_epoch(study: Study, curve: Sequence[Mapping[str, Any]]) -> str:
    last = curve[-1]
    known = {
        "training loss": last.get("loss"),
        f"{study.evaluated} loss": last.get("validation_loss"),
        "learning rate": last.get("lr"),
    }
    parts = [f"{name} {value:.4g}" for name, value in known.items() if value is not None]
    return f"epoch {last['epoch']}: {', '.join(parts)}"

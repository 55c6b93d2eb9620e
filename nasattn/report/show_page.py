"""Everything about one trial on a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nasattn.analysis import Result
from nasattn.records import Study, Trial
from nasattn.report.call_sites import natural
from nasattn.report.conditions import conditions
from nasattn.report.ink import folded, paint, plot_width
from nasattn.report.placements import BARE, options_words
from nasattn.report.plot import Series, plot
from nasattn.report.progress import STATE_STYLES
from nasattn.report.table import Row, Table
from nasattn.report.trials_page import epochs_words
from nasattn.report.units import duration, milliseconds, percent, points, relative


def show_page(study: Study, trial: Trial, baseline: Result | None, width: int | None) -> list[str]:
    """Return the lines of ``nasattn show``.

    Args:
        study: Where the trial belongs.
        trial: With its learning curve.
        baseline: What accuracy and costs are compared with, if it is complete.
        width: As for `pareto_page`.
    """
    state = paint(trial.state, STATE_STYLES.get(trial.state, "green"))
    page = [paint(f"{study.name}, trial {trial.trial}: ", "bold") + state]
    facts = list(_facts(study, trial, baseline.trial if baseline else None))
    longest = max(len(name) for name, _ in facts)
    page += [f"  {name:<{longest}}  {words}" for name, words in facts]
    page += ["", *_placements(trial, width), "", *_curve(trial, plot_width(width))]
    return [*page, "", *folded([f"conditions: {conditions(study, [trial])}"], width)]


def _facts(study: Study, trial: Trial, baseline: Trial | None) -> Iterable[tuple[str, str]]:
    """Yield name and value of what is known of ``trial``."""
    optional = (("reason", trial.reason), ("variant", trial.variant or ""))
    yield from ((name, words) for name, words in optional if words)
    if trial.accuracy is not None:
        difference = points(trial.accuracy, baseline.accuracy if baseline else None)
        yield "accuracy", f"{percent(trial.accuracy)} %{_against(difference, ' points')}"
    if trial.best_accuracy is not None:
        yield "best accuracy", f"{percent(trial.best_accuracy)} % (of all epochs)"
    for cost in ("params", "flops", "flops_stock"):
        difference = relative(getattr(trial, cost), getattr(baseline, cost, None))
        yield cost, f"{getattr(trial, cost):,}{_against(difference, ' %')}"
    if trial.latency_ms is not None:
        spread = f" ± {milliseconds(trial.latency_iqr_ms)} (interquartile range)"
        difference = relative(trial.latency_ms, baseline.latency_ms if baseline else None)
        yield "latency_ms", f"{milliseconds(trial.latency_ms)}{spread}{_against(difference, ' %')}"
    yield "epochs", epochs_words(trial, study.epochs)
    size, batch = _micro_batch(trial), study.table("recipe").get("batch_size")
    if size is not None and batch is not None and size < batch:
        yield "micro-batch", f"{size} images: memory did not suffice for {batch}"
    yield "time", duration(trial.seconds)
    yield "repeat", str(trial.repeat)
    yield "attempt", str(trial.attempt)
    yield "digest", trial.digest
    yield "started", trial.started
    if trial.finished:
        yield "finished", trial.finished
    weights = study.weights_file(trial.trial)
    if weights.is_file():
        yield "weights", str(weights)


def _micro_batch(trial: Trial) -> int | None:
    """Return how many images at a time the last epoch was trained with, where that is recorded."""
    return trial.curve[-1].get("micro_batch") if trial.curve else None


def _against(difference: str, unit: str) -> str:
    return f" ({difference}{unit} against the baseline)" if difference else ""


def _placements(trial: Trial, width: int | None) -> list[str]:
    if not trial.placements:
        return [f"placements: none, the {BARE}"]
    ordered = sorted(trial.placements, key=lambda p: (natural(p["at"]), p["slot"]))
    rows = tuple(Row((p["at"], p["slot"], p["module"]), options_words(p)) for p in ordered)
    return Table(("<at", "<slot", "<module"), "hyperparameters", rows).lines(width)


def _curve(trial: Trial, width: int) -> list[str]:
    """Plot the accuracies over the epochs and write the last epoch's losses."""
    drawn = (
        _series("training accuracy", "○", "", "train_accuracy", trial.curve),
        _series("validation accuracy", "●", "green", "accuracy", trial.curve),
    )
    if not any(series.points for series in drawn):
        return ["no epoch is finished yet"]
    lines = plot(drawn, "epoch", "accuracy (%)", width=width, height=max(6, width // 9))
    return [*lines, "", _last_epoch(trial.curve)]


def _series(
    label: str, marker: str, style: str, key: str, curve: Sequence[Mapping[str, Any]]
) -> Series:
    values = ((epoch["epoch"], epoch.get(key)) for epoch in curve)
    places = tuple((float(x), 100.0 * y) for x, y in values if y is not None)
    return Series(label, marker, style, places, path="·")


def _last_epoch(curve: Sequence[Mapping[str, Any]]) -> str:
    last = curve[-1]
    known = {
        "training loss": last.get("loss"),
        "validation loss": last.get("validation_loss"),
        "learning rate": last.get("lr"),
    }
    parts = [f"{name} {value:.4g}" for name, value in known.items() if value is not None]
    return f"epoch {last['epoch']}: {', '.join(parts)}"

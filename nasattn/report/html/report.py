"""What the report of a study holds, from its records."""

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from nasattn.analysis import Front, Result
from nasattn.analysis.variants import Comparison
from nasattn.files import write_atomic
from nasattn.records import Study, Trial
from nasattn.records.kin import Kin
from nasattn.report.checklist import TITLE, Item, checklist
from nasattn.report.conditions import conditions, hypervolume_words
from nasattn.report.gallery import Gallery
from nasattn.report.gallery_html import figure
from nasattn.report.html.charts import curves_figure, front_figure, hidden_curves
from nasattn.report.html.frame import Section, chart, page
from nasattn.report.html.tables import Column, table, terminal_table
from nasattn.report.ink import plain
from nasattn.report.placements import describe
from nasattn.report.progress import progress_words
from nasattn.report.trials_page import epochs_words
from nasattn.report.units import counted, duration, human, milliseconds, percent, points, relative
from nasattn.report.variants_page import accuracy_table, cost_table, variants_notes


class Drawn(NamedTuple):
    """A page of the terminal's, as it is drawn there.

    Args:
        anchor: Its place in the page's links.
        title: Its heading.
        lines: Lines of characters, colours or not.
    """

    anchor: str
    title: str
    lines: Sequence[str]


class Report(NamedTuple):
    """What a report is made of.

    Args:
        study: The study.
        trials: All of its trials.
        front: Their front.
        curves: The trials whose learning curves are drawn, with these.
        gallery: Pictures that one of the networks classified; None without.
        comparison: Of its variants, where it is a study of variants.
        drawn: What the terminal draws with characters: networks, the map of effects.
        kin: What stands beside the study.
    """

    study: Study
    trials: Sequence[Trial]
    front: Front
    curves: Sequence[Trial] = ()
    gallery: Gallery | None = None
    comparison: Comparison | None = None
    drawn: Sequence[Drawn] = ()
    kin: Kin = Kin()

    @property
    def practice(self) -> tuple[Item, ...]:
        """Return what the records say of good practice."""
        return tuple(checklist(self.study, self.trials, self.front, self.kin))


def write_report(report: Report, file: Path) -> int:
    """Write a report and return its size in bytes.

    Everything from files (names, reasons, paths) is escaped; the page loads nothing.

    Raises:
        UserError: plotly is not installed.
        WriteError: the file cannot be written.
    """
    content = page(report.study.name, _lead(report), list(_sections(report))).encode()
    write_atomic(file, content)
    return len(content)


def _lead(report: Report) -> str:
    study, trials = report.study, report.trials
    lines = (progress_words(study, trials), f"conditions: {conditions(study, trials)}")
    return "\n".join(f'<p class="soft">{escape(line)}</p>' for line in lines)


def _sections(report: Report) -> Iterator[Section]:
    yield Section("front", "Front", _front(report))
    if report.curves:
        yield Section("curves", "Learning curves", _curves(report))
    for drawn in report.drawn:
        lines = escape("\n".join(map(plain, drawn.lines)))
        yield Section(drawn.anchor, drawn.title, f"<pre>{lines}</pre>")
    yield Section("trials", "Trials", _trials(report))
    if report.comparison:
        yield Section("variants", "Variants", _variants(report, report.comparison))
    if report.gallery:
        yield Section("gallery", "Predictions", _gallery(report.gallery))
    yield Section("settings", "Settings", _settings(report.study))
    yield Section("practice", "Good practice", _practice(report))


def _front(report: Report) -> str:
    front = report.front
    if not front.results:
        return "<p>No trial is complete yet.</p>"
    costs = [name for name in front.objectives if name != "accuracy"] or ["flops"]
    charts = [
        chart(front_figure(front, cost), f"accuracy against {cost}, the front marked")
        for cost in costs
    ]
    note = (
        "Accuracy is the search's own, of the last epoch; where architectures have several seeds "
        "it is their mean ± SD. What was chosen for it is, on average, worse than it looks."
    )
    words = [hypervolume_words(front), note]
    return "\n".join([*charts, _results(front), *(f"<p>{escape(line)}</p>" for line in words)])


def _results(front: Front) -> str:
    base = front.baseline.trial if front.baseline else None

    def accuracy(result: Result) -> str:
        spread = "" if result.accuracy_sd is None else f" ± {percent(result.accuracy_sd)}"
        return percent(result.trial.accuracy) + spread

    columns = [
        Column[Result]("trial", lambda r: r.trial.trial),
        Column[Result]("", lambda r: _mark(r, front)),
        Column[Result]("accuracy %", lambda r: r.trial.accuracy, accuracy),
        Column[Result](
            "Δ points",
            lambda r: r.trial.accuracy,
            lambda r: points(r.trial.accuracy, base.accuracy if base else None),
        ),
        *_cost_columns(front, base),
        Column[Result]("placements", lambda r: describe(r.trial)),
    ]
    return table(columns, front.listed, lambda r: "front" if r in front.members else "")


def _cost_columns(front: Front, base: Trial | None) -> Iterator[Column[Result]]:
    for cost in ("params", "flops", "latency_ms"):
        if all(getattr(result.trial, cost) is None for result in front.results):
            continue
        words = milliseconds if cost == "latency_ms" else human

        def value(result: Result, cost: str = cost) -> float | None:
            found: float | None = getattr(result.trial, cost)
            return found

        def shown(result: Result, words: Any = words, value: Any = value, cost: str = cost) -> str:
            against = relative(value(result), getattr(base, cost, None))
            return f"{words(value(result))}{f' ({against} %)' if against else ''}"

        yield Column[Result](cost, value, shown)


def _mark(result: Result, front: Front) -> str:
    named = ((front.baseline, "baseline"), (front.knee, "knee"))
    return ", ".join(word for found, word in named if found == result)


def _curves(report: Report) -> str:
    drawn = chart(
        curves_figure(report.curves, report.front), "learning curves, those of the front marked"
    )
    hidden = hidden_curves(report.trials, report.front)
    more = f", {hidden} of them left out" if hidden else ""
    return f"{drawn}\n<p>Blue: on the front; red: the baseline; grey: others{more}.</p>"


def _trials(report: Report) -> str:
    epochs = report.study.epochs
    columns = [
        Column[Trial]("trial", lambda t: t.trial),
        Column[Trial]("state", lambda t: t.state),
        Column[Trial]("accuracy %", lambda t: t.accuracy, lambda t: percent(t.accuracy)),
        Column[Trial]("params", lambda t: t.params, lambda t: human(t.params)),
        Column[Trial]("flops", lambda t: t.flops, lambda t: human(t.flops)),
        Column[Trial]("epochs", lambda t: t.epochs, lambda t: epochs_words(t, epochs)),
        Column[Trial]("time", lambda t: t.seconds, lambda t: duration(t.seconds)),
        Column[Trial]("placements", describe),
    ]
    if any(trial.reason for trial in report.trials):
        columns.append(Column[Trial]("reason", lambda t: t.reason))
    front = {number for result in report.front.members for number in result.trials}
    return table(columns, report.trials, lambda t: "front" if t.trial in front else "")


def _variants(report: Report, found: Comparison) -> str:
    tables = (accuracy_table(found), cost_table(found))
    notes = variants_notes(report.study, report.trials, found)
    return "\n".join([*map(terminal_table, tables), *(f"<p>{escape(note)}</p>" for note in notes)])


def _gallery(gallery: Gallery) -> str:
    figures = "\n".join(map(figure, gallery.pictures))
    words = (gallery.title, gallery.summary)
    lines = "".join(f"<p>{escape(line)}</p>" for line in words)
    return f'{lines}\n<div class="gallery">\n{figures}\n</div>'


def _settings(study: Study) -> str:
    columns = [
        Column[tuple[str, str]]("setting", lambda pair: pair[0]),
        Column[tuple[str, str]]("value", lambda pair: pair[1]),
    ]
    return table(columns, _flat(study.settings))


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield every setting under its whole name."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", json.dumps(value, default=str, ensure_ascii=False)


def _practice(report: Report) -> str:
    items = report.practice
    columns = [
        Column[Item]("part", lambda item: item.part),
        Column[Item]("question", lambda item: item.question),
        Column[Item]("answer", lambda item: item.answer),
        Column[Item]("evidence", lambda item: item.evidence),
    ]
    open_items = sum(item.answer != "yes" for item in items)
    left = f"{counted(open_items, 'item')} of {len(items)} without a plain yes."
    return f"{table(columns, items)}\n<p>{escape(TITLE)}. {left}</p>"

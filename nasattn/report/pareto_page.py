"""The front of a study on a terminal: its table, its plot, its conditions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasattn.analysis import Front, Result, direction, dominators
from nasattn.records import Study, Trial
from nasattn.report.conditions import conditions, hypervolume_words
from nasattn.report.front_view import (
    PLAIN,
    View,
    growth_plots,
    growth_table,
    steadiness_words,
    view_words,
)
from nasattn.report.ink import folded, paint, plot_width
from nasattn.report.pareto_plot import BASELINE, KNEE, MEMBER, front_plot
from nasattn.report.placements import describe
from nasattn.report.progress import progress_words
from nasattn.report.table import Row, Table
from nasattn.report.units import human, milliseconds, percent, points, relative

if TYPE_CHECKING:
    from nasattn.analysis.steadiness import Steadiness

_ARROWS = {"maximize": "↑", "minimize": "↓"}
_BEST_COLUMN = 4
_BEST = (
    "accuracy and Δ points: of the last epoch; best: of the epoch that was best on these same "
    "test images, for comparison with publications that print it"
)


def pareto_page(
    study: Study,
    trials: Sequence[Trial],
    front: Front,
    width: int | None,
    view: View = PLAIN,
) -> list[str]:
    """Return the lines of ``nasattn pareto``.

    Args:
        study: Whose front it is.
        trials: All of the study.
        front: Theirs.
        width: Of the terminal; None for as wide as the rows need.
        view: How it is looked at.
    """
    aims = ", ".join(f"{name} {_ARROWS[direction(name)]}" for name in front.objectives)
    page = [f"{paint(study.name, 'bold')}  {aims}"]
    page += [progress_words(study, trials), *folded(view_words(study, front, view), width), ""]
    if not front.members:
        return [*page, _without_members(view)]
    page += front_table(front, study.evaluated, view.steadiness).lines(width)
    if front.baseline is None and not study.is_of_one_network:
        page.append(paint(f"no baseline yet: {_baseline_state(trials)}", "yellow"))
    page += ["", *front_plot(front, plot_width(width), view.axis), ""]
    if view.growth is not None:
        page += [*growth_plots(view.growth, plot_width(width)), ""]
    notes = [f"conditions: {conditions(study, trials)}", hypervolume_words(front)]
    if view.steadiness is not None:
        notes = [*steadiness_words(front, view.steadiness), *notes]
    return page + folded([_BEST, *notes] if study.evaluated == "test" else notes, width)


def pareto_tables(study: Study, front: Front, view: View = PLAIN) -> list[Table]:
    """Return the tables of ``nasattn pareto``: the front, and how it grew where that was asked."""
    table = front_table(front, study.evaluated, view.steadiness)
    title = "; ".join((*view_words(study, front, view), hypervolume_words(front)))
    grown = [] if view.growth is None else [growth_table(view.growth)]
    return [table._replace(title=title), *grown]


def _without_members(view: View) -> str:
    if view.limits is not None:
        return "no front: no complete architecture keeps to these limits"
    return "no front yet: it needs a complete trial"


def front_table(front: Front, evaluated: str, steadiness: "Steadiness | None" = None) -> Table:
    """Return the front's members and the baseline, sorted by the first cost.

    Args:
        front: Whose members.
        evaluated: The split that accuracy is measured on; of ``test`` the best epoch's accuracy is
            shown too, as publications print it.
        steadiness: How often each stays on the front, where that is shown.
    """
    heads = ["<", "trial", "accuracy %", "Δ points", "params", "Δ %", "flops", "Δ %"]
    if any(member.trial.latency_ms is not None for member in front.members):
        heads += ["ms", "Δ %"]
    rows = [_row(result, front, len(heads)) for result in front.listed]
    if evaluated == "test":
        heads.insert(_BEST_COLUMN, "best %")
        rows = [_with_best(row, front.listed[place]) for place, row in enumerate(rows)]
    if steadiness is not None:
        heads.append("stays %")
        rows = [_with_share(row, front.listed[place], steadiness) for place, row in enumerate(rows)]
    return Table(tuple(heads), "placements", tuple(rows))


def _with_best(row: Row, result: Result) -> Row:
    before, after = row.cells[:_BEST_COLUMN], row.cells[_BEST_COLUMN:]
    return row._replace(cells=(*before, percent(result.trial.best_accuracy), *after))


def _with_share(row: Row, result: Result, steadiness: "Steadiness") -> Row:
    share = steadiness.shares.get(result.trial.digest)
    return row._replace(cells=(*row.cells, "" if share is None else f"{100 * share:.0f}"))


def _row(result: Result, front: Front, cells: int) -> Row:
    trial = result.trial
    base = front.baseline.trial if front.baseline else None
    values = (
        _mark(result, front),
        str(trial.trial),
        _accuracy(result),
        points(trial.accuracy, base.accuracy if base else None),
        human(trial.params),
        relative(trial.params, base.params if base else None),
        human(trial.flops),
        relative(trial.flops, base.flops if base else None),
        milliseconds(trial.latency_ms),
        relative(trial.latency_ms, base.latency_ms if base else None),
    )
    return Row(values[:cells], _words(result, front), _style(result, front))


def _accuracy(result: Result) -> str:
    spread = "" if result.accuracy_sd is None else f" ± {percent(result.accuracy_sd)}"
    return percent(result.trial.accuracy) + spread


def _mark(result: Result, front: Front) -> str:
    if result == front.baseline:
        return f"{BASELINE.marker} baseline"
    return f"{KNEE.marker} knee" if result == front.knee else MEMBER.marker


def _style(result: Result, front: Front) -> str:
    if result == front.baseline:
        return BASELINE.style
    return KNEE.style if result == front.knee else MEMBER.style


def _words(result: Result, front: Front) -> str:
    words = describe(result.trial)
    if result.repeats > 1:
        words += f" (mean ± SD of {result.repeats}: {_trials(result.trials)})"
    if result == front.baseline == front.knee:
        words += " (knee)"
    if result not in front.members:
        better = [one.trial.trial for one in dominators(result, front)]
        words += f" (dominated by {_trials(better)})" if better else " (not compared)"
    return words


def _trials(numbers: Sequence[int]) -> str:
    noun = "trial" if len(numbers) == 1 else "trials"
    return f"{noun} {', '.join(map(str, numbers))}"


def _baseline_state(trials: Sequence[Trial]) -> str:
    zero = next((trial for trial in trials if trial.trial == 0), None)
    if zero is None:
        return "there is no trial 0"
    return f"trial 0: {zero.state}" + (f" ({zero.reason})" if zero.reason else "")

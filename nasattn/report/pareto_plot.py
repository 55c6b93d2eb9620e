"""The scatter plot of a front: accuracy against the first cost."""

from collections.abc import Iterable
from typing import NamedTuple

from nasattn.analysis import Front, Result
from nasattn.records import Trial
from nasattn.report.plot import Series, plot
from nasattn.report.units import prefix_for


class Mark(NamedTuple):
    """How a kind of result looks in the table and in the plot."""

    marker: str
    style: str


OTHER = Mark("·", "")
MEMBER = Mark("●", "green")
KNEE = Mark("◆", "bold magenta")
BASELINE = Mark("▲", "bold cyan")


def front_plot(front: Front, width: int, axis: str | None = None) -> list[str]:
    """Plot all results of ``front``; empty where none has an accuracy.

    Args:
        front: Whose results.
        width: Columns in all.
        axis: The cost to plot against; None for the first that is an objective.
    """
    drawn, label = front_series(front, axis)
    if not any(one.points for one in drawn):
        return []
    height = max(8, min(18, width // 6))
    return plot(drawn, label, "accuracy (%)", width=width, height=height)


def front_series(front: Front, axis: str | None = None) -> tuple[tuple[Series, ...], str]:
    """Return what is drawn of a front, the later over the earlier, and the label of its cost."""
    cost = axis or next((name for name in front.objectives if name != "accuracy"), None)
    size, prefix = prefix_for(max((_cost(r.trial, cost) for r in front.results), default=0))

    def series(label: str, mark: Mark, results: Iterable[Result | None]) -> Series:
        trials = [result.trial for result in results if result is not None]
        places = (
            (_cost(trial, cost) / (size if cost else 1), 100 * trial.accuracy)
            for trial in trials
            if trial.accuracy is not None
        )
        return Series(label, mark.marker, mark.style, tuple(places))

    on_front = {member.trial.digest for member in front.members}
    others = (result for result in front.results if result.trial.digest not in on_front)
    drawn = (
        series("other architectures", OTHER, others),
        series("front", MEMBER, front.members),
        series("knee", KNEE, [front.knee]),
        series("baseline", BASELINE, [front.baseline]),
    )
    return drawn, _label(cost, prefix)


def _cost(trial: Trial, cost: str | None) -> float:
    """Return where ``trial`` stands on the x axis: its number where accuracy is all there is."""
    return trial.trial if cost is None else getattr(trial, cost) or 0.0


def _label(cost: str | None, prefix: str) -> str:
    if cost is None:
        return "trial"
    if cost == "latency_ms":
        return "latency (ms)"
    return f"{cost} ({prefix})" if prefix else cost

"""The report's figures, as plotly takes them."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from nasattn.analysis import Front, Result
from nasattn.records import Trial
from nasattn.report.placements import describe
from nasattn.report.units import human, percent

Figure = dict[str, Any]

_FRONT, _OTHER, _BASE = "#2a78c2", "#98a2ad", "#c2412a"
_MOST_CURVES, _MOST_TICKS = 40, 20


def front_figure(front: Front, cost: str) -> Figure:
    """Return accuracy against one cost: every architecture, the front, the baseline."""
    base = front.baseline
    others = [r for r in front.results if r not in front.members and r != base]
    data = [
        _points("other architectures", others, cost, _OTHER, "circle", 7),
        {
            **_points("front", front.members, cost, _FRONT, "circle", 11),
            "mode": "lines+markers",
            "line": {"shape": "hv", "width": 1},
        },
    ]
    if base is not None:
        data.append(_points("baseline", [base], cost, _BASE, "triangle-up", 12))
    return {
        "data": data,
        "layout": _layout(cost, "accuracy %") | {"hovermode": "closest"},
    }


def _points(  # noqa: PLR0913, PLR0917 - the looks of a series
    name: str, results: Sequence[Result], cost: str, colour: str, symbol: str, size: int
) -> Figure:
    spreads = [100 * (result.accuracy_sd or 0) for result in results]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [getattr(result.trial, cost) for result in results],
        "y": [_percent(result.trial.accuracy) for result in results],
        "error_y": {"type": "data", "array": spreads, "visible": any(spreads), "thickness": 1},
        "text": [_hover(result) for result in results],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": colour, "symbol": symbol, "size": size},
    }


def _hover(result: Result) -> str:
    trial = result.trial
    spread = "" if result.accuracy_sd is None else f" ± {percent(result.accuracy_sd)}"
    lines = (
        f"trial {', '.join(map(str, result.trials))}",
        f"{percent(trial.accuracy)}{spread} %",
        f"{human(trial.params)} params, {human(trial.flops)} flops",
        *describe(trial).split("; "),
    )
    return "<br>".join(map(escape, lines))


def drawn_curves(trials: Iterable[Trial], front: Front) -> list[int]:
    """Return whose learning curves are drawn: the front's, the baseline's and some others'."""
    marked = _marked(front) | _base(front)
    begun = [trial.trial for trial in trials if trial.epochs]
    others = [number for number in begun if number not in marked]
    return [number for number in begun if number in marked] + others[:_MOST_CURVES]


def _marked(front: Front) -> set[int]:
    return {number for result in front.members for number in result.trials}


def _base(front: Front) -> set[int]:
    return set(front.baseline.trials) if front.baseline else set()


def curves_figure(drawn: Sequence[Trial], front: Front) -> Figure:
    """Return learning curves: those on the front and the baseline in colour, others grey."""
    marked, base = _marked(front), _base(front)
    others = [t for t in drawn if t.trial not in marked | base]
    chosen = [t for t in drawn if t.trial in marked | base]
    lines = [_curve(trial, _OTHER, 1, legend=False) for trial in others]
    lines += [_curve(t, _BASE if t.trial in base else _FRONT, 2, legend=True) for t in chosen]
    layout = _layout("epoch", "accuracy %") | {"hovermode": "closest"}
    longest = max((len(trial.curve) for trial in drawn), default=0)
    # Epochs are whole: of few each has a tick, which would else stand between them.
    layout["xaxis"] |= {"dtick": 1} if longest <= _MOST_TICKS else {"tickformat": "d"}
    return {"data": lines, "layout": layout}


def _curve(trial: Trial, colour: str, width: int, *, legend: bool) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"trial {trial.trial}",
        "showlegend": legend,
        "x": [epoch["epoch"] for epoch in trial.curve],
        "y": [_percent(epoch.get("accuracy")) for epoch in trial.curve],
        "text": escape(describe(trial)),
        "hovertemplate": "%{fullData.name}, epoch %{x}: %{y:.2f} %<extra></extra>",
        "line": {"color": colour, "width": width},
    }


def hidden_curves(trials: Iterable[Trial], front: Front) -> int:
    """Return how many learning curves the figure leaves out."""
    marked = _marked(front) | _base(front)
    return max(0, sum(t.epochs > 0 and t.trial not in marked for t in trials) - _MOST_CURVES)


def _layout(x: str, y: str) -> Figure:
    return {
        "xaxis": {"title": {"text": x}},
        "yaxis": {"title": {"text": y}},
        "margin": {"l": 60, "r": 20, "t": 20, "b": 50},
        "legend": {"orientation": "h", "y": 1.08},
    }


def _percent(accuracy: float | None) -> float | None:
    return None if accuracy is None else 100 * accuracy

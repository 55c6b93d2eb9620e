"""Replays of an engine beside random search, on a terminal and as JSON."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from nasattn.analysis.replays import FalseStops, Quartiles, Summary, quartiles
from nasattn.records.table import Table
from nasattn.report.conditions import conditions
from nasattn.report.documents import Document
from nasattn.report.ink import folded, headline, plot_width
from nasattn.report.plot import Series, plot
from nasattn.report.table import Row
from nasattn.report.table import Table as Grid
from nasattn.report.units import counted, duration

_HEADS = (
    *("<engine", "at 1/4", "at 1/2", "at the end", "[quartiles]", "epochs to reach", "[quartiles]"),
    *("never", "trials", "complete", "true front stopped"),
)
_MEASURE = (
    "hypervolume of the true means of the architectures on the observed front, that of the table's "
    "true front = 1 (accuracies and logarithms of costs from 0 to 1 over the table, reference 1.05)"
)


RANDOM = "random, none"
"""What an engine is compared with: random search without stopping."""


class Compared(NamedTuple):
    """An engine's replays beside those of random search without stopping, of the same seeds.

    Attributes:
        table: On which they were made.
        file: Where that is.
        sampler: Its name.
        pruner: With its settings.
        budget: In epochs.
        trials: The total at which the engine ends too, if it has one.
        repeats: Replays of each.
        workers: That train side by side.
        exempt: The share of the engine's trials that is never stopped.
        seed: Of the first replay.
        summary: The engine's.
        random: Random search's.
    """

    table: Table
    file: str
    sampler: str
    pruner: Mapping[str, Any]
    budget: int
    trials: int | None
    repeats: int
    workers: int
    exempt: float
    seed: int
    summary: Summary
    random: Summary

    @property
    def engine(self) -> str:
        """Return the engine in words."""
        words = [self.sampler, str(self.pruner["name"])]
        if self.trials is not None:
            words.append(f"ends at {counted(self.trials, 'trial')}")
        if self.exempt:
            words.append(f"{100 * self.exempt:g} % exempt")
        return ", ".join(words)

    @property
    def rows(self) -> dict[str, Summary]:
        """Return the summaries by name, once where they are of the same engine."""
        return {self.engine: self.summary, RANDOM: self.random}


def replay_document(compared: Compared) -> Document:
    """Return ``nasattn replay --json``; what never happened is null."""
    apart = ("table", "summary", "random")
    asked = {key: value for key, value in compared._asdict().items() if key not in apart}
    return {
        "study": compared.table.study.name,
        **asked,
        "level": compared.random.level,
        "engines": [_engine(name, found) for name, found in compared.rows.items()],
    }


def _engine(name: str, found: Summary) -> dict[str, Any]:
    return {
        "engine": name,
        "hypervolume": [
            {"epochs": spent, **share._asdict()}
            for spent, share in zip(found.spent, found.shares, strict=True)
        ],
        "final": {**quartiles(found.finals)._asdict(), "replays": list(found.finals)},
        "epochs_to_reach": {
            **{key: _finite(value) for key, value in quartiles(found.reached)._asdict().items()},
            "replays": [_finite(value) for value in found.reached],
            "never": found.misses,
        },
        "true_front": {**found.false_stops._asdict(), "share_stopped": found.false_stops.share},
        "trials": found.trials,
        "complete": found.complete,
        "simulated_seconds": found.seconds,
        "proposing_ms_per_trial": found.proposing_ms,
        "judging_ms_per_trial": found.judging_ms,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def replay_page(compared: Compared, width: int | None) -> list[str]:
    """Return the lines of ``nasattn replay``; ``width`` as for `pareto_page`."""
    found, replays = compared.summary, counted(compared.repeats, "replay")
    whole = compared.budget / compared.table.epochs
    page = headline(
        f"{compared.table.study.name}: {replays} of {counted(compared.budget, 'epoch')} "
        f"({whole:.4g} whole trainings), {counted(compared.workers, 'worker')}",
        width,
    )
    page += replay_table(compared).lines(width)
    page += ["", *replay_plot(compared, plot_width(width)), ""]
    notes = [
        f"{_MEASURE}; medians of {replays}, seeds from {compared.seed}",
        f"epochs to reach: the {found.level:.3f} that random search has at its end "
        "(median; first passage)",
        f"time on this machine: {found.proposing_ms:.2f} ms for a proposal, "
        f"{found.judging_ms:.2f} ms for the verdicts on a trial; simulated: "
        f"{duration(found.seconds)} for a search, random {duration(compared.random.seconds)}",
        f"conditions: {conditions(compared.table.study, compared.table.trials)}",
    ]
    return page + folded(notes, width)


def replay_table(compared: Compared) -> Grid:
    """Return one row an engine."""
    rows = tuple(_row(name, summary) for name, summary in compared.rows.items())
    return Grid(_HEADS, "", rows, f"{_MEASURE}; medians of {counted(compared.repeats, 'replay')}")


REPLAY_FIELDS = ("engine", "epochs", *Quartiles._fields)
"""The columns of ``nasattn replay --csv``."""


def replay_rows(compared: Compared) -> list[dict[str, Any]]:
    """Return the rows of ``nasattn replay --csv``: quartiles of each engine over the epochs."""
    return [
        {"engine": name, "epochs": spent, **share._asdict()}
        for name, found in compared.rows.items()
        for spent, share in zip(found.spent, found.shares, strict=True)
    ]


def _row(name: str, found: Summary) -> Row:
    steps = dict(zip(found.spent, found.shares, strict=True))
    quarter, half = (_nearest(steps, found.spent[-1] * part) for part in (0.25, 0.5))
    final, reached = quartiles(found.finals), quartiles(found.reached)
    cells = (
        name,
        f"{quarter.median:.3f}",
        f"{half.median:.3f}",
        f"{final.median:.3f}",
        f"[{final.low:.3f}, {final.high:.3f}]",
        _epochs(reached.median),
        f"[{_epochs(reached.low)}, {_epochs(reached.high)}]",
        str(found.misses),
        f"{found.trials:.1f}",
        f"{found.complete:.1f}",
        _stopped(found.false_stops),
    )
    return Row(cells)


def _nearest(steps: Mapping[int, Quartiles], spent: float) -> Quartiles:
    return steps[min(steps, key=lambda epochs: abs(epochs - spent))]


def _epochs(value: float) -> str:
    return f"{value:.0f}" if math.isfinite(value) else "never"


def _stopped(found: FalseStops) -> str:
    waiting = f", {found.waiting} waiting" if found.waiting else ""
    return f"{found.stopped} of {found.begun}{waiting}"


def replay_plot(compared: Compared, width: int) -> list[str]:
    """Plot the medians over the epochs, the engine's quartiles beside them."""
    found = compared.summary
    drawn = [
        Series(RANDOM, "○", "cyan", _line(compared.random, "median")),
        Series("quartiles", "·", "green", _line(found, "low") + _line(found, "high")),
        Series(compared.engine, "●", "green", _line(found, "median")),
    ]
    if compared.engine == RANDOM:
        drawn = drawn[:1]
    height = max(8, min(18, width // 6))
    return plot(drawn, "epochs", "normalised hypervolume", width=width, height=height)


def _line(found: Summary, which: str) -> tuple[tuple[float, float], ...]:
    points = zip(found.spent, found.shares, strict=True)
    return tuple((float(spent), getattr(share, which)) for spent, share in points)

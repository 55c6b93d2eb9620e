"""A study under way, seen from any terminal: read from its storage again and again."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from nasattn.analysis import front
from nasattn.errors import FailedError
from nasattn.records import Study, Trial, without_curve
from nasattn.report.documents import json_text
from nasattn.report.live_parts import bar, front_lines, result_words
from nasattn.report.placements import describe
from nasattn.report.progress import done, progress_words
from nasattn.report.sparkline import sparkline
from nasattn.report.units import duration, percent

_BAR, _CURVE = 12, 16

Read = Callable[[], tuple[Study, tuple[Trial, ...]]]
_Step = tuple[int, str, int]


class View(Protocol):
    """Shows the trials of a study."""

    def show(self, study: Study, trials: Sequence[Trial]) -> None:
        """Show them as they are now; the running ones have their learning curves."""
        ...


def watch(
    read: Read,
    view: View,
    wait: Callable[[], None],
    is_exhausted: Callable[[Study, Sequence[Trial]], bool] = lambda *_: False,
) -> None:
    """Show a study until it is done and no trial is running.

    It is done when its total is reached, or there is no architecture left.

    Args:
        read: Returns the study and its trials.
        view: Is shown every state.
        wait: Returns when it is time to look again; what it raises ends the watching.
        is_exhausted: Tells whether no architecture is left.
    """
    while True:
        try:
            study, trials = read()
        except FailedError:
            wait()  # a writer is busy: it will have ended by then
            continue
        view.show(study, trials)
        running = any(trial.state == "running" for trial in trials)
        if not running and (done(trials) >= study.trials or is_exhausted(study, trials)):
            return
        wait()


class LineView:
    """One line for each change of a trial, for logs and other programs.

    Args:
        write: Takes a line, without its end.
        line: Makes it; see ``change_words`` and ``change_json``.
        head: Makes the first one; None makes none.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        line: Callable[[Study, Trial], str],
        head: Callable[[Study, Sequence[Trial]], str] | None = None,
    ) -> None:
        self._write, self._line, self._head = write, line, head
        self._known: dict[int, _Step] | None = None

    def show(self, study: Study, trials: Sequence[Trial]) -> None:
        """Write what has changed; the first time, how far it is and what is running."""
        if self._known is None and self._head is not None:
            self._write(self._head(study, trials))
        now = {trial.trial: (trial.attempt, trial.state, trial.epochs) for trial in trials}
        for trial in trials:
            if self._known is None:
                is_news = trial.state == "running"
            else:
                is_news = now[trial.trial] != self._known.get(trial.trial)
            if is_news:
                self._write(self._line(study, trial))
        self._known = now


def change_words(study: Study, trial: Trial) -> str:
    """Write what has become of a trial, in one line."""
    if trial.state == "running":
        at = f"trial {trial.trial} epoch {trial.epochs}/{_wanted(trial, study)}"
        if not trial.epochs:
            return f"{at}: {describe(trial)}"
        return f"{at}: {percent(trial.accuracy)} %, {_left(trial, study)} left"
    words = trial.reason if trial.state in ("failed", "invalid") else result_words(trial)
    why = f" ({trial.reason})" if trial.state in ("pruned", "paused") and trial.reason else ""
    return f"trial {trial.trial} {trial.state}{why}: {words}"


def change_json(study: Study, trial: Trial) -> str:
    """Write a trial as one line of JSON, without its learning curve."""
    return json_text({"study": study.name, **without_curve(trial)}, indent=None)


class LiveView:
    """Every running trial, the front and its hypervolume so far, drawn anew in place.

    To be used in a ``with`` statement, which leaves the terminal as it was; the last view stays.

    Args:
        console: Where to draw.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, markup=False, emoji=False)
        self._live = Live(console=self._console, auto_refresh=False)

    def __enter__(self) -> "LiveView":
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Give the cursor back."""
        self._live.stop()

    def show(self, study: Study, trials: Sequence[Trial]) -> None:
        """Draw."""
        running = [trial for trial in trials if trial.state == "running"]
        best = front(trials, study.objectives, study.cost_range)
        head = Text(_head(study, trials), style="bold")
        parts = [head, _study_row(study, trials), _running(study, running), *front_lines(best)]
        self._live.update(Group(*parts), refresh=True)


def _head(study: Study, trials: Sequence[Trial]) -> str:
    return f"{study.name}: {progress_words(study, trials)}"


def _study_row(study: Study, trials: Sequence[Trial]) -> Table:
    grid = Table.grid(padding=(0, 1))
    counted = done(trials)
    left = _study_left(study, trials)
    grid.add_row("trials", bar(counted, study.trials), f"{counted}/{study.trials}", left)
    return grid


def _running(study: Study, trials: Iterable[Trial]) -> Table | Text:
    grid = Table.grid(padding=(0, 1), expand=True)
    for _ in range(6):
        grid.add_column(no_wrap=True)
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for trial in trials:
        grid.add_row(*_row(trial, study))
    return grid if grid.row_count else Text("no trial is running", style="dim")


def _row(trial: Trial, study: Study) -> tuple[RenderableType, ...]:
    curve = [epoch["accuracy"] for epoch in trial.curve if epoch.get("accuracy") is not None]
    wanted, left = _wanted(trial, study), _left(trial, study)
    return (
        f"trial {trial.trial}",
        bar(trial.epochs, wanted, _BAR),
        f"{trial.epochs}/{wanted}",
        Text(sparkline(curve, _CURVE), style="cyan"),
        f"{percent(trial.accuracy)} %" if curve else "",
        f"{left} left" if left else "",
        f"{describe(trial)}  {trial.device}",
    )


def _wanted(trial: Trial, study: Study) -> int:
    return trial.extended_to or study.epochs or 0


def _seconds_left(trial: Trial, study: Study) -> float | None:
    """Return the time left of a running trial, from its epochs so far."""
    if not trial.epochs:
        return None
    return trial.seconds / trial.epochs * (_wanted(trial, study) - trial.epochs)


def _left(trial: Trial, study: Study) -> str:
    seconds = _seconds_left(trial, study)
    return "" if seconds is None else duration(seconds)


def _study_left(study: Study, trials: Sequence[Trial]) -> str:
    """Return the time left of a study, as long as its trials take on average.

    What runs counts with the length that it will have: after one that was pruned early, the mean
    of those that have ended would be far too short.
    """
    running = [trial for trial in trials if trial.state == "running"]
    lefts = [(trial, left) for trial in running if (left := _seconds_left(trial, study))]
    lengths = [trial.seconds for trial in trials if trial.state in ("complete", "pruned")]
    total = study.trials - done(trials)
    if not lengths or total <= 0:
        return ""
    lengths += [trial.seconds + left for trial, left in lefts]
    mean = sum(lengths) / len(lengths)
    seconds = mean * total - sum(trial.seconds for trial in running)
    longest = max((left for _, left in lefts), default=0.0)
    return f"about {duration(max(seconds / max(len(running), 1), longest))} left"


def make_view(*, as_json: bool) -> "LiveView | LineView":
    """Return the live view where standard output is a terminal, else lines."""
    if sys.stdout.isatty() and not as_json:
        return LiveView()
    if as_json:
        return LineView(_print_line, change_json)
    return LineView(_print_line, change_words, _head)


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()

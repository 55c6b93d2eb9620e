"""A search as it runs: a live view on a terminal, plain lines in a log, both on standard error."""

import sys
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from nasattn.analysis import front
from nasattn.records import Trial
from nasattn.report.live_parts import (
    BAR_WIDTH,
    QUIET_SECONDS,
    bar,
    error_console,
    front_lines,
    result_words,
)
from nasattn.report.placements import describe
from nasattn.report.units import counted, duration, percent


class _Watcher:
    """Keeps what both views show.

    Args:
        console: Where to show it.
        clock: Returns seconds that only grow.

    Attributes:
        ended: The trials that have ended, by number.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = monotonic) -> None:
        self._console, self._clock = console, clock
        self.ended: dict[int, Trial] = {}
        self._total = 0
        self._epochs = 0
        self._objectives: tuple[str, ...] = ("accuracy", "flops")
        self._began = clock()
        self._trained_here = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the terminal as it was."""

    def study_opened(
        self, name: str, objectives: tuple[str, ...], ended: tuple[Trial, ...], total: int
    ) -> None:
        """Say what is about to run."""
        self._objectives, self._total = objectives, total
        self.ended = {trial.trial: trial for trial in ended}
        begun = f"{len(ended)} of {total} trials done" if ended else counted(total, "trial")
        self._say(f"study {name}: {begun}, {' against '.join(objectives)}")

    def trial_started(self, trial: Trial, epochs: int) -> None:
        """Remember how long the trial will be; say where one that was cut off goes on."""
        self._epochs = epochs
        if trial.epochs:
            self._say(f"trial {trial.trial} goes on after epoch {trial.epochs} of {epochs}")

    def epoch_finished(self, trial: Trial, epoch: Mapping[str, Any]) -> None:
        """Nothing to say by default."""

    def trial_ended(self, trial: Trial) -> None:
        """Say in one line how a trial ended."""
        if trial.state != "paused":
            self.ended[trial.trial] = trial
            self._trained_here += 1
        self._say(self._ended_words(trial))

    def note(self, text: str) -> None:
        """Say something that the user should know."""
        self._say(f"note: {text}")

    def stopping(self) -> None:
        """Say that the request to stop was heard."""
        self._say("stopping")

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)

    def _ended_words(self, trial: Trial) -> str:
        of = f"trial {trial.trial} ({len(self.ended)}/{self._total})"
        if trial.state == "failed":
            return f"{of} failed: {trial.reason}"
        after = counted(trial.epochs, "epoch")
        if trial.state == "paused":
            return f"trial {trial.trial} paused after {after}: {trial.reason}"
        if trial.state == "pruned":
            return f"{of} pruned after {after}: {trial.reason}"
        return f"{of} {result_words(trial)}"

    def _left(self) -> str:
        """Return the time left in words, from the trials trained in this process."""
        left = self._total - len(self.ended)
        if not self._trained_here or left <= 0:
            return ""
        return f"about {duration((self._clock() - self._began) / self._trained_here * left)} left"


class LineObserver(_Watcher):
    """One line for each trial, and for an epoch where the lines are far apart."""

    def __init__(self, console: Console, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(console, clock)
        self._last = clock()

    def epoch_finished(self, trial: Trial, epoch: Mapping[str, Any]) -> None:
        """Say how far a long trial is."""
        if self._clock() - self._last >= QUIET_SECONDS:
            at = f"trial {trial.trial} epoch {epoch['epoch']}/{self._epochs}"
            loss = f", loss {epoch['loss']:.3f}" if "loss" in epoch else ""
            self._say(f"{at}: accuracy {percent(epoch['accuracy'])} %{loss}")

    def _say(self, text: str) -> None:
        super()._say(text)
        self._last = self._clock()


class LiveObserver(_Watcher):
    """Trials done, the epochs of the running ones, the front so far, and the time left."""

    def __init__(self, console: Console, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(console, clock)
        self._live = Live(console=self._console, refresh_per_second=4, transient=True)
        self._current: dict[int, Trial] = {}

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Take the view off the terminal; the lines above it stay."""
        self._live.stop()

    def trial_started(self, trial: Trial, epochs: int) -> None:
        """Show the trial."""
        super().trial_started(trial, epochs)
        self._current[trial.trial] = trial
        self._draw()

    def epoch_finished(self, trial: Trial, epoch: Mapping[str, Any]) -> None:
        """Move the trial's bar."""
        del epoch
        self._current[trial.trial] = trial
        self._draw()

    def trial_ended(self, trial: Trial) -> None:
        """Move the study's bar."""
        super().trial_ended(trial)
        self._current.pop(trial.trial, None)
        self._draw()

    def note(self, text: str) -> None:
        """Say something that the user should know: folded, as nothing else tells it again."""
        self._console.print(f"note: {text}")

    def _say(self, text: str) -> None:
        # The front below and `nasattn trials` tell the rest of what is cut off here.
        self._console.print(text, no_wrap=True, overflow="ellipsis")

    def _draw(self) -> None:
        found = front(tuple(self.ended.values()), self._objectives)
        self._live.update(Group(self._bars(), *front_lines(found)))

    def _bars(self) -> Table:
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(width=10, no_wrap=True)
        grid.add_column(width=BAR_WIDTH)
        grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        done = len(self.ended)
        grid.add_row("trials", bar(done, self._total), f"{done}/{self._total}  {self._left()}")
        for number in sorted(self._current):
            grid.add_row(*self._current_row(self._current[number]))
        return grid

    def _current_row(self, trial: Trial) -> tuple[str, ProgressBar, str]:
        words = f"{trial.epochs}/{self._epochs} epochs"
        if trial.accuracy is not None:
            words += f"  {percent(trial.accuracy)} %"
        epochs = bar(trial.epochs, self._epochs)
        return f"trial {trial.trial}", epochs, f"{words}  {describe(trial)}"


def make_observer() -> LineObserver | LiveObserver:
    """Return the live view where standard error is a terminal, else plain lines."""
    console = error_console()
    return LiveObserver(console) if sys.stderr.isatty() else LineObserver(console)

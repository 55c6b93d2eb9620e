"""What every view of a study under way shows: bars, the front so far, how a trial ended."""

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.text import Text

from nasattn.analysis import Front
from nasattn.records import Trial
from nasattn.report.placements import describe
from nasattn.report.units import duration, human, milliseconds, percent

_SHOWN_MEMBERS = 8
BAR_WIDTH = 24

QUIET_SECONDS = 10.0
"""In a log a step is worth a line when nothing was said for so long."""


class _Progress(Console):
    """Standard error; a reader that goes away ends the telling, not the work."""

    def on_broken_pipe(self) -> None:
        """Say no more."""
        self.quiet = True


def error_console() -> Console:
    """Return the console for what is said on the way."""
    return _Progress(stderr=True, highlight=False, markup=False, emoji=False)


def bar(done: int, total: int, width: int = BAR_WIDTH) -> ProgressBar:
    """Return a bar that is full when ``done`` is ``total``."""
    return ProgressBar(total=max(total, 1), completed=done, width=width)


def result_words(trial: Trial) -> str:
    """Write what an ended trial reached, cost and is, in one line."""
    took = duration(trial.seconds)
    return f"{percent(trial.accuracy)} %, {_cost(trial, ', ')}, {took}: {describe(trial)}"


def front_lines(front: Front) -> list[Text]:
    """Return the front's most accurate members under a headline; nothing where it is empty."""
    if not front.members:
        return []
    most_accurate = sorted(front.members, key=lambda m: -(m.trial.accuracy or 0.0))
    lines = [Text(_headline(front), style="bold")]
    for member in most_accurate[:_SHOWN_MEMBERS]:
        trial = member.trial
        mark = "  baseline" if trial.is_baseline else ""
        text = f"  {trial.trial:>4}  {percent(trial.accuracy)} %  {_cost(trial, '  ')}{mark}"
        lines.append(Text(text, no_wrap=True, overflow="ellipsis"))
    hidden = len(front.members) - _SHOWN_MEMBERS
    return [*lines, Text(f"  and {hidden} more")] if hidden > 0 else lines


def _headline(front: Front) -> str:
    volume = front.hypervolume
    return "front so far" + (f", hypervolume {volume:.4f}" if volume is not None else "")


def _cost(trial: Trial, between: str) -> str:
    parts = [f"{human(trial.params)} params", f"{human(trial.flops)} flops"]
    if trial.latency_ms is not None:
        parts.append(f"{milliseconds(trial.latency_ms)} ms")
    return between.join(parts)

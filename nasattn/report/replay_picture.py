"""Replays of an engine beside random search as a picture."""

from pathlib import Path

from nasattn.analysis.replays import Summary
from nasattn.report.conditions import caption
from nasattn.report.picture import RIGHT, WRONG, new_figure, write_titled
from nasattn.report.replay_page import RANDOM, Compared
from nasattn.report.units import counted

_WIDTH, _HEIGHT = 7.0, 4.6  # inches


def draw_replays(compared: Compared, file: Path) -> None:
    """Draw medians and quartiles of the normalised hypervolume over the epochs.

    Raises:
        UserError: matplotlib is not installed.
        WriteError: the file cannot be written.
    """
    figure = new_figure(_WIDTH, _HEIGHT)
    axes = figure.subplots()
    for name, found in compared.rows.items():
        colour, style = (WRONG, "--") if name == RANDOM else (RIGHT, "-")
        low, median, high = _columns(found)
        axes.plot(found.spent, median, label=name, color=colour, linestyle=style)
        axes.fill_between(found.spent, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel("epochs")
    axes.set_ylabel("normalised hypervolume (median, quartiles)")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="lower right")
    title = f"{compared.table.study.name}: {counted(compared.repeats, 'replay')} each"
    write_titled(figure, title, caption(compared.table.study, compared.table.trials), file)


def _columns(found: Summary) -> tuple[tuple[float, ...], ...]:
    return tuple(zip(*found.shares, strict=True))

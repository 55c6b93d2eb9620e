"""The learning curve of a trial as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING

from nasattn.errors import UserError
from nasattn.records import Study, Trial
from nasattn.report.compare_page import Sides, comparison_series, sides_caption
from nasattn.report.conditions import caption
from nasattn.report.curves import Panel, panels
from nasattn.report.picture import OPTION, RIGHT, WRONG, new_figure, write_titled
from nasattn.report.placements import describe

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 9.0, 4.6  # inches


def draw_curve(study: Study, trial: Trial, file: Path) -> None:
    """Draw accuracies and losses over the epochs, with the conditions they were measured under.

    Raises:
        UserError: no epoch is finished yet, or matplotlib is not installed.
        WriteError: the file cannot be written.
    """
    drawn = panels(study, trial.curve)
    if not drawn:
        raise UserError(f"{OPTION} {file}: no epoch of trial {trial.trial} is finished yet")
    figure = new_figure(_WIDTH, _HEIGHT)
    for axes, panel in zip(figure.subplots(1, len(drawn), squeeze=False)[0], drawn, strict=True):
        _draw(axes, panel)
    title = f"{study.name}, trial {trial.trial} ({trial.state}): {describe(trial)}"
    write_titled(figure, title, caption(study, [trial]), file)


def draw_comparison(sides: Sides, file: Path) -> None:
    """Draw the accuracies of two trials over the epochs.

    Raises:
        UserError: no epoch of either is finished yet, or matplotlib is not installed.
        WriteError: the file cannot be written.
    """
    series, label = comparison_series(sides)
    if not any(one.points for one in series):
        raise UserError(f"{OPTION} {file}: no epoch of either trial is finished yet")
    figure = new_figure(_WIDTH / 2, _HEIGHT)
    axes = figure.subplots()
    for one, colour, marker in zip(series, (RIGHT, WRONG), ("s", "o"), strict=True):
        places = list(zip(*one.points, strict=True)) or [(), ()]
        axes.plot(*places, label=one.label, color=colour, marker=marker, markersize=4)
    axes.set(xlabel="epoch", ylabel=label)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    write_titled(figure, " and ".join(one.label for one in series), sides_caption(sides), file)


def _draw(axes: "Axes", panel: Panel) -> None:
    from matplotlib.ticker import MaxNLocator

    for line in panel.lines:
        colour, marker = (WRONG, "o") if line.is_training else (RIGHT, "s")
        filled = "none" if line.is_training else colour
        axes.plot(
            *zip(*line.points, strict=True),
            label=line.label,
            color=colour,
            marker=marker if len(line.points) <= 40 else "",
            markerfacecolor=filled,
            linestyle="--" if line.is_training else "-",
        )
    axes.set_xlabel("epoch")
    axes.set_ylabel(panel.axis)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, alpha=0.3)
    axes.legend()

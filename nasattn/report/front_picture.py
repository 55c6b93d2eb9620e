"""The front of a study as a picture, and how its hypervolume grew."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nasattn.analysis import Front
from nasattn.errors import UserError
from nasattn.records import Study, Trial
from nasattn.report.conditions import caption
from nasattn.report.front_view import View, view_words
from nasattn.report.pareto_plot import BASELINE, KNEE, MEMBER, OTHER, front_series
from nasattn.report.picture import GREY, PURPLE, RIGHT, SMALL, WRONG, new_figure, write_titled
from nasattn.report.plot import Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasattn.analysis.growth import Moment

_WIDTH, _HEIGHT = 5.6, 4.4  # inches of a panel and of the figure
_LOOKS = {  # colour, marker, size in points
    OTHER.marker: (GREY, ".", 5.0),
    MEMBER.marker: (RIGHT, "o", 6.0),
    KNEE.marker: (PURPLE, "D", 8.0),
    BASELINE.marker: (WRONG, "^", 8.0),
}


def draw_front(study: Study, trials: Sequence[Trial], front: Front, view: View, file: Path) -> None:
    """Draw accuracy against a cost; beside it the hypervolume over the epochs, where asked for.

    Raises:
        UserError: nothing is complete yet, or matplotlib is not installed.
        WriteError: the file cannot be written.
    """
    if not front.results:
        raise UserError(f"--figure {file}: no trial of {study.name} is complete yet")
    panels = 1 if view.growth is None else 2
    figure = new_figure(panels * _WIDTH, _HEIGHT)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    _front(axes[0], front, view)
    if view.growth is not None:
        _growth(axes[1], view.growth)
    title = "; ".join((f"{study.name}: front", *view_words(study, front, view)))
    write_titled(figure, title, caption(study, trials), file)


def _front(axes: "Axes", front: Front, view: View) -> None:
    series, label = front_series(front, view.axis)
    for one in series:
        if one.points:
            _scatter(axes, one)
    members = next(one for one in series if one.marker == MEMBER.marker)
    along = sorted(members.points)
    # Between two members the front is what the cheaper one reaches.
    axes.step(*zip(*along, strict=True), where="post", color=RIGHT, linewidth=1, zorder=1)
    for (x, y), member in zip(members.points, front.members, strict=True):
        number = str(member.trial.trial)
        axes.annotate(number, (x, y), (3, 4), textcoords="offset points", fontsize=SMALL)
    axes.set(xlabel=label, ylabel="accuracy (%)")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=SMALL)


def _scatter(axes: "Axes", series: Series) -> None:
    colour, marker, size = _LOOKS[series.marker]
    axes.plot(
        *zip(*series.points, strict=True),
        label=series.label,
        color=colour,
        marker=marker,
        markersize=size,
        linestyle="none",
    )


def _growth(axes: "Axes", growth: "Sequence[Moment]") -> None:
    spent = [moment.epochs for moment in growth]
    reached = [moment.hypervolume for moment in growth]
    axes.step(spent, reached, where="post", color=RIGHT, marker=".")
    axes.set(xlabel="epochs spent on trials that ended", ylabel="hypervolume")
    axes.grid(visible=True, alpha=0.3)

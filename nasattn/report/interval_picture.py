"""Effects with their intervals as a picture: of options, and of the variants of an ablation."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nasattn.analysis.effects import Effects
from nasattn.analysis.paired import CONFIDENCE
from nasattn.analysis.variants import Compared, Comparison
from nasattn.errors import UserError
from nasattn.records import Study, Trial
from nasattn.report.conditions import caption
from nasattn.report.importance_page import Weighed
from nasattn.report.picture import GREY, RIGHT, SMALL, WRONG, new_figure, write_titled
from nasattn.report.variants_page import p_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _ROW, _REST = 6.4, 0.27, 1.7  # inches: of the figure, of a row, of all that is no row


class _Line(NamedTuple):
    """A row: a mean with its interval in points, None where the data tell none."""

    label: str
    mean: float | None
    ends: tuple[float, float] | None
    words: str
    is_clear: bool


def draw_effects(weighed: Weighed, file: Path) -> None:
    """Draw the effect of each option, and of each choice as a whole where it has several decisions.

    Raises:
        UserError: matplotlib is not installed.
        WriteError: the file cannot be written.
    """
    panels = [("each option where it is decided", _effects(weighed.effects))]
    if weighed.by_choice is not None:
        panels.append(("each choice as a whole", _effects(weighed.by_choice)))
    title = f"{weighed.study.name}: effect on accuracy"
    words = (
        f"least squares, {CONFIDENCE:.0%} intervals; in brackets: architectures with it; "
        f"{caption(weighed.study, weighed.trials)}"
    )
    _draw(panels, title, words, file)


def draw_ablation(study: Study, trials: Sequence[Trial], found: Comparison, file: Path) -> None:
    """Draw each variant's difference to the reference, with the margin within which it is free.

    Raises:
        UserError: nothing was compared, or matplotlib is not installed.
        WriteError: the file cannot be written.
    """
    lines = [_variant(row) for row in found.rows if row.difference is not None]
    if not lines:
        raise UserError(f"--figure {file}: no two variants of {study.name} have a seed in common")
    title = f"{study.name}: against {found.against.name}, the same seeds paired"
    words = (
        f"Student's t, {CONFIDENCE:.0%}, of each difference alone; p Holm-adjusted; shaded: within "
        f"{100 * found.margin:g} points; {caption(study, trials)}"
    )
    _draw([("", lines)], title, words, file, 100 * found.margin)


def _effects(found: Effects) -> list[_Line]:
    return [
        _Line(
            f"{effect.decision} = {effect.option} ({effect.with_it})",
            None if effect.mean is None else 100 * effect.mean,
            _ends(effect.interval),
            "" if effect.interval else "not told",
            effect.is_clear,
        )
        for effect in found.effects
    ]


def _variant(row: Compared) -> _Line:
    interval = row.difference.interval if row.difference else None
    low, high = (interval.low, interval.high) if interval else (None, None)
    return _Line(
        f"{row.variant.name} (n = {len(row.seeds)})",
        100 * interval.mean if interval else None,
        None if low is None or high is None else _ends((low, high)),
        f"p {p_words(row.p_holm)}",
        row.verdict in {"better", "worse"},
    )


def _ends(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if interval is None else (100 * interval[0], 100 * interval[1])


def _draw(
    panels: Sequence[tuple[str, Sequence[_Line]]],
    title: str,
    words: str,
    file: Path,
    margin: float = 0.0,
) -> None:
    counts = [len(lines) for _, lines in panels]
    figure = new_figure(_WIDTH, _ROW * sum(counts) + _REST + 0.4 * (len(counts) - 1))
    drawn = figure.subplots(len(panels), 1, squeeze=False, sharex=True, height_ratios=counts)
    for axes, (heading, lines) in zip(drawn[:, 0], panels, strict=True):
        if margin:
            axes.axvspan(-margin, margin, color=GREY, alpha=0.2, linewidth=0)
        axes.axvline(0, color="black", linewidth=0.8)
        for place, line in enumerate(lines):
            _line(axes, place, line)
        axes.set_yticks(range(len(lines)), [line.label for line in lines], fontsize=SMALL)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_title(heading, fontsize=9)
        axes.grid(visible=True, axis="x", alpha=0.3)
    drawn[-1, 0].set_xlabel("difference in accuracy (points)")
    write_titled(figure, title, words, file)


def _line(axes: "Axes", place: int, line: _Line) -> None:
    colour = GREY if not line.is_clear else RIGHT if (line.mean or 0) > 0 else WRONG
    if line.mean is not None:
        axes.plot(line.mean, place, "o" if line.is_clear else "s", color=colour, markersize=4.5)
    if line.ends is not None:
        axes.plot(line.ends, (place, place), "-|", color=colour, linewidth=1.4)
    if line.words:
        at = axes.get_yaxis_transform()
        axes.text(1.01, place, line.words, transform=at, fontsize=SMALL, va="center")

"""The comparison as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from comparing.engines import PEERS, RANDOM
from comparing.outcome import Outcome
from nasattn.analysis.replays import quartiles
from nasattn.report.picture import SMALL, folded_for, new_figure, write_figure

_WIDTH, _HEIGHT, _POINTS = 7.5, 5.0, 120
# Okabe and Ito's colours; black is random search.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442", "#D55E00")


def draw(runs: Mapping[str, Sequence[Outcome]], ours: str, title: str, file: Path) -> None:
    """Draw medians over the budget spent, with the quartiles of random search and of ours.

    Of all combinations of sampler and pruner it shows ours alone, beside the peers.
    """
    figure = new_figure(_WIDTH, _HEIGHT, "the picture")
    axes = figure.subplots()
    shown = [name for name in (ours, RANDOM, *PEERS) if name in runs]
    colours = iter(_COLOURS)
    for name in shown:
        colour = "black" if name == RANDOM else next(colours)
        spent, low, middle, high = _curves(runs[name])
        axes.plot(spent, middle, color=colour, label=name, linewidth=2 if name == ours else 1)
        if name in (RANDOM, ours):
            axes.fill_between(spent, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel("share of the budget spent")
    axes.set_ylabel("hypervolume, share of the true front's")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="lower right", fontsize=SMALL)
    figure.suptitle(folded_for(title, _WIDTH, 11), fontsize=11)
    write_figure(figure, file)


def _curves(outcomes: Sequence[Outcome]) -> tuple[list[float], ...]:
    spent = [(place + 1) / _POINTS for place in range(_POINTS)]
    found = [quartiles([o.share(share * o.budget) for o in outcomes]) for share in spent]
    return spent, *(list(column) for column in zip(*found, strict=True))

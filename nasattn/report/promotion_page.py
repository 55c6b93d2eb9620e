"""Which paused and pruned trials are trained further, and why."""

from collections.abc import Sequence

from nasattn.analysis import Candidate
from nasattn.report.placements import describe
from nasattn.report.table import Row, Table
from nasattn.report.units import counted, percent

_HEADS = ("trial", "<state", "epoch", "now %", "expected %", "±", "gain", "gain/epoch")


def promotion_lines(candidates: Sequence[Candidate], count: int) -> list[str]:
    """Return the lines that ``nasattn resume --best`` prints before it trains.

    Args:
        candidates: All that there are, the best first.
        count: How many were asked for.
    """
    chosen = [candidate for candidate in candidates[:count] if candidate.gain > 0]
    of = f"{len(chosen)} of {counted(len(candidates), 'paused or pruned trial')}"
    head = f"{of}, by the expected gain in hypervolume for each epoch that is left:"
    if not chosen:
        return [f"none of {counted(len(candidates), 'paused or pruned trial')} promises a gain"]
    table = Table(_HEADS, "placements", tuple(_row(candidate) for candidate in chosen))
    return [head, *table.lines(None)]


def _row(candidate: Candidate) -> Row:
    trial = candidate.trial
    values = (
        str(trial.trial),
        trial.state,
        str(len(trial.curve)),
        percent(trial.accuracy),
        percent(candidate.forecast.mean),
        percent(candidate.forecast.sd),
        f"{candidate.gain:.2g}",
        f"{candidate.gain_per_epoch:.2g}",
    )
    return Row(values, describe(trial))

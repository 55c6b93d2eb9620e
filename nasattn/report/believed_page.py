"""The front as it should be believed: on a terminal, as JSON, as CSV."""

from collections.abc import Sequence
from typing import Any

from nasattn.analysis.believed import Believed, BelievedFront
from nasattn.analysis.pareto import direction
from nasattn.records import Study, Trial
from nasattn.report.conditions import conditions
from nasattn.report.documents import PARETO_FIELDS, Document, result_values
from nasattn.report.ink import folded, paint
from nasattn.report.placements import describe
from nasattn.report.progress import progress_words
from nasattn.report.table import Row, Table
from nasattn.report.units import counted, human, milliseconds, percent
from nasattn.surrogate.belief import Fit

_HEADS = ("<", "trial", "expected %", "95 % interval", "observed %", "params", "flops")
_POSTERIOR = ("posterior_mean", "posterior_sd", "posterior_low", "posterior_high")

BELIEVED_FIELDS = (
    *(name for name in PARETO_FIELDS if name not in {"front", "knee"}),
    *_POSTERIOR,
    "posterior_front",
    "observed_front",
)
"""The columns of ``nasattn pareto --posterior --csv``."""


def believed_page(
    study: Study, trials: Sequence[Trial], front: BelievedFront, width: int | None
) -> list[str]:
    """Return the lines of ``nasattn pareto --posterior``."""
    page = [f"{paint(study.name, 'bold')}  the front by the means to be expected"]
    page += [progress_words(study, trials), "", *believed_table(front).lines(width), ""]
    if front.hypervolume is not None:
        page.append(
            f"hypervolume {front.hypervolume:.4f} by the expected means, "
            f"{front.observed.hypervolume:.4f} by what was observed"
        )
    notes = [fit_words(front.fit), _meaning(front)]
    return page + folded([*notes, f"conditions: {conditions(study, trials)}"], width)


def fit_words(fit: Fit) -> str:
    """Say what the model was fitted to, and whether it can tell architectures apart."""
    learned = counted(fit.num_results, "complete trial")
    if fit.num_partial:
        learned += f" and {counted(fit.num_partial, 'unfinished learning curve')}"
    words = (
        f"model: additive Gaussian process, from {learned}; one training varies by "
        f"{100 * fit.noise_sd:.2f} points (SD) about its architecture's mean; "
    )
    if fit.tells_apart:
        return f"{words}it predicts {100 * fit.explained:.0f} % of the variance of left-out results"
    return words + (
        "it cannot tell these architectures apart: left-out results are predicted no better than "
        "by their mean. Believe the intervals, not the order; more trials or repeats would tell"
    )


def _meaning(front: BelievedFront) -> str:
    """Say what the marks mean, those that stand there."""
    words = ["● on the front by the expected means"]
    if any(b.is_member and not b.is_observed_member for b in front.listed):
        words.append("new: not by what was observed")
    if any(b.is_observed_member and not b.is_member for b in front.listed):
        words.append(
            "○ by what was observed alone: another is expected to be as good and no dearer"
        )
    return "; ".join(words)


def believed_table(front: BelievedFront) -> Table:
    """Return the front by the means to be expected, and who is on it by what was observed."""
    has_latency = "latency_ms" in front.observed.objectives
    heads = (*_HEADS, "ms") if has_latency else _HEADS
    rows = [_row(believed, front, len(heads)) for believed in front.listed]
    return Table(heads, "placements", tuple(rows))


def _row(believed: Believed, front: BelievedFront, cells: int) -> Row:
    trial = believed.result.trial
    low, high = believed.interval
    values = (
        _mark(believed, front),
        str(trial.trial),
        percent(believed.mean),
        f"{percent(low)}–{percent(high)}",
        percent(trial.accuracy),
        human(trial.params),
        human(trial.flops),
        milliseconds(trial.latency_ms),
    )
    return Row(values[:cells], describe(trial), "" if believed.is_member else "dim")


def _mark(believed: Believed, front: BelievedFront) -> str:
    mark = "●" if believed.is_member else "○" if believed.is_observed_member else ""
    if believed.result == front.observed.baseline:
        return f"{mark} baseline".strip()
    return f"{mark} new" if believed.is_member and not believed.is_observed_member else mark


def believed_document(study: Study, front: BelievedFront) -> Document:
    """Return ``nasattn pareto --posterior --json``."""
    rows = believed_rows(front)
    names = front.observed.objectives
    return {
        "study": study.name,
        "objectives": [{"name": name, "direction": direction(name)} for name in names],
        "model": fit_document(front.fit),
        "baseline": next((row for row in rows if row["baseline"]), None),
        "front": [row for row in rows if row["posterior_front"]],
        "observed_only": [
            row for row in rows if row["observed_front"] and not row["posterior_front"]
        ],
        "hypervolume": front.hypervolume,
        "observed_hypervolume": front.observed.hypervolume,
    }


def fit_document(fit: Fit) -> Document:
    """Return how the model was fitted."""
    return {
        "complete_trials": fit.num_results,
        "unfinished_curves": fit.num_partial,
        "noise_sd": fit.noise_sd,
        "explained_left_out": fit.explained,
        "tells_apart": fit.tells_apart,
    }


def believed_rows(front: BelievedFront) -> list[dict[str, Any]]:
    """Return the rows of ``nasattn pareto --posterior --csv``: those of the table."""
    return [
        {
            **result_values(believed.result),
            "baseline": believed.result == front.observed.baseline,
            **dict(zip(_POSTERIOR, (believed.mean, believed.sd, *believed.interval), strict=True)),
            "posterior_front": believed.is_member,
            "observed_front": believed.is_observed_member,
        }
        for believed in front.listed
    ]

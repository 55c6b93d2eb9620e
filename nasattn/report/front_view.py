"""What a person asked of a front besides itself: limits, an axis, growth, steadiness."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nasattn.analysis import Front
from nasattn.records import Study
from nasattn.report.plot import Series, plot
from nasattn.report.table import Row, Table
from nasattn.report.units import counted, human, milliseconds, percent

if TYPE_CHECKING:  # who does not ask for them does not wait for them
    from nasattn.analysis.growth import Moment
    from nasattn.analysis.limits import Limits
    from nasattn.analysis.steadiness import Steadiness

_RIVALS = 5
_LEAST_SHARE = 0.05


class View(NamedTuple):
    """How a front is looked at.

    Attributes:
        axis: The cost of the plot; None for the first that is an objective.
        limits: What its architectures keep to; None for all.
        steadiness: Of its members, where that was asked for.
        growth: How its hypervolume grew, where that was asked for.
    """

    axis: str | None = None
    limits: "Limits | None" = None
    steadiness: "Steadiness | None" = None
    growth: "tuple[Moment, ...] | None" = None


PLAIN = View()
"""The front as it is."""


def view_words(study: Study, front: Front, view: View) -> Iterable[str]:
    """Yield what must be said of a view, a line each."""
    if front.objectives != study.objectives:
        yield (
            f"front of {_listed(front.objectives)}: the study's objectives are "
            f"{_listed(study.objectives)}"
        )
    if view.limits is not None:
        limits = [f"{cost} ≤ {_size(cost, limit)}" for cost, limit in view.limits.costs.items()]
        if view.limits.accuracy is not None:
            limits.append(f"accuracy ≥ {percent(view.limits.accuracy)} %")
        kept = counted(len(front.results), "architecture")
        yield f"only {', '.join(limits)}: {kept}; knee and hypervolume are of these"


def steadiness_words(front: Front, found: "Steadiness") -> Iterable[str]:
    """Yield what the column of shares means, and who else came on the front."""
    yield (
        f"stays: in so many % of {counted(found.draws, 'draw')} of the seeds (with replacement, "
        "the same draw for architectures of the same seeds) the architecture is on the front; "
        f"{found.repeated} of {counted(found.architectures, 'architecture')} have several seeds, "
        "the others do not move; few seeds make it look surer than it is"
    )
    members = {member.trial.digest for member in front.members}
    rivals = [r for r in front.results if r.trial.digest not in members]
    shares = sorted(((found.shares[r.trial.digest], r.trial.trial) for r in rivals), reverse=True)
    words = [f"trial {n} ({100 * s:.0f} %)" for s, n in shares[:_RIVALS] if s >= _LEAST_SHARE]
    if words:
        yield f"not on the front now, but on it in some draws: {', '.join(words)}"


def growth_plots(growth: "Sequence[Moment]", width: int) -> list[str]:
    """Draw the hypervolume after each trial that ended and over the epochs spent."""
    if not growth:
        return ["no hypervolume yet: no trial has ended"]
    drawn = ((moment.trials for moment in growth), (moment.epochs for moment in growth))
    lines: list[str] = []
    for label, places in zip(("trials ended", "epochs spent on them"), drawn, strict=True):
        points = zip(map(float, places), (moment.hypervolume for moment in growth), strict=True)
        series = Series("", "●", "green", tuple(points), path="·")
        height = max(6, width // 11)
        found = plot([series], label, "hypervolume", width=width, height=height)
        lines += [*(line for line in found if line), ""]
    last = max(m.hypervolume for m in growth)
    at = next(m for m in growth if m.hypervolume == last)
    said = f"highest {last:.4f} from trial {at.trial} on, the {_ordinal(at.trials)} to end"
    return [*lines, f"{said}, after {counted(at.epochs, 'epoch')}"]


def growth_table(growth: "Iterable[Moment]") -> Table:
    """Return one row a moment at which the hypervolume changed or a trial ended."""
    rows = (
        Row((str(m.trial), str(m.trials), str(m.epochs), f"{m.hypervolume:.4f}")) for m in growth
    )
    return Table(("trial", "trials ended", "epochs spent", "hypervolume"), "", tuple(rows))


def growth_rows(growth: "Iterable[Moment]") -> list[dict[str, Any]]:
    """Return the moments in plain values."""
    return [moment._asdict() for moment in growth]


def _size(cost: str, limit: float) -> str:
    return f"{milliseconds(limit)} ms" if cost == "latency_ms" else human(limit)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _ordinal(number: int) -> str:
    teen = 10 <= number % 100 <= 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"

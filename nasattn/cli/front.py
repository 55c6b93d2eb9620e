"""The options of ``nasattn pareto``, and the view of the front that they ask for."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from nasattn.errors import UnknownNameError, UserError

if TYPE_CHECKING:
    from nasattn.analysis import Front
    from nasattn.records import Study, Trial
    from nasattn.report.front_view import View

_LIMIT = "Only architectures of at most so many {}: 300k, or 1.05x of the bare backbone's."
MaxParams = Annotated[
    str | None, typer.Option("--max-params", metavar="N", help=_LIMIT.format("parameters"))
]
MaxFlops = Annotated[
    str | None, typer.Option("--max-flops", metavar="N", help=_LIMIT.format("FLOPs"))
]
MaxLatency = Annotated[
    str | None,
    typer.Option("--max-latency", metavar="MS", help=_LIMIT.format("milliseconds")),
]
MinAccuracy = Annotated[
    str | None,
    typer.Option("--min-accuracy", metavar="A", help="Only architectures that reach it: 0.9, 90%."),
]
Cost = Annotated[
    str | None,
    typer.Option(
        metavar="COST",
        help="The cost of the axis: params, flops or latency_ms; also one that is no objective.",
    ),
]
History = Annotated[
    bool, typer.Option("--history", help="Also show how the hypervolume grew, over the trials.")
]
Steady = Annotated[
    bool,
    typer.Option("--steadiness", help="Also show who stays on the front with other seeds."),
]


class Asked(NamedTuple):
    """What was asked of a front; limits as they were typed."""

    max_params: str | None
    max_flops: str | None
    max_latency: str | None
    min_accuracy: str | None
    cost: str | None
    history: bool
    steadiness: bool

    def look(self, study: "Study", trials: "tuple[Trial, ...]") -> "tuple[Front, View]":
        """Return the front of ``trials`` and how it is looked at.

        Raises:
            UserError: a limit or the cost cannot be read, or nothing is known of it.
        """
        from nasattn.analysis import front, growth, read_limits, steadiness
        from nasattn.report.front_view import View

        limited = {
            "params": self.max_params,
            "flops": self.max_flops,
            "latency_ms": self.max_latency,
        }
        limits = read_limits(limited, self.min_accuracy, trials)
        objectives = self._objectives(study, trials)
        best = front(trials, objectives, study.cost_range, limits.keeps)
        steady = steadiness(best, trials) if self.steadiness else None
        grown = None
        if self.history:
            _check_range(best)
            grown = growth(trials, best)
        return best, View(self.cost, limits, steady, grown)

    def _objectives(self, study: "Study", trials: "tuple[Trial, ...]") -> tuple[str, ...]:
        """Return what is compared: accuracy and the cost, where that is no objective."""
        from nasattn.records import OBJECTIVES

        if self.cost is None or self.cost in study.objectives[1:]:
            return study.objectives
        if self.cost not in OBJECTIVES[1:]:
            raise UnknownNameError("cost", self.cost, OBJECTIVES[1:], "--cost")
        if not any(getattr(trial, self.cost) is not None for trial in trials):
            raise UserError(
                f'--cost {self.cost}: study "{study.name}" measured none; it is measured where it '
                "is among the objectives"
            )
        return ("accuracy", self.cost)


def _check_range(best: "Front") -> None:
    missing = {name for name in best.objectives if name != "accuracy"} - set(best.cost_range)
    if missing:
        raise UserError(
            f"--history: the hypervolume is not defined: the range of {', '.join(sorted(missing))} "
            "is not known"
        )

"""The options of ``nasattn pareto``, and the view of the front that they ask for."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from nasattn.errors import UnknownNameError, UserError

if TYPE_CHECKING:
    from nasattn.analysis import Front
    from nasattn.analysis.limits import Limits
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
        from nasattn.analysis import front
        from nasattn.report.front_view import View

        objectives = self._objectives(study, trials)
        if self.max_latency is not None:
            _check_known("--max-latency", "latency_ms", study, trials)
        limits = self._limits(trials)
        if limits is None:
            best = front(trials, objectives, study.cost_range)
        else:
            best = front(trials, objectives, study.cost_range, limits.keeps)
        view = View(self.cost, limits)
        if self.steadiness:
            from nasattn.analysis.steadiness import steadiness

            view = view._replace(steadiness=steadiness(best, trials))
        if self.history:
            from nasattn.analysis.growth import growth

            _check_range(best)
            view = view._replace(growth=growth(trials, best))
        return best, view

    def _limits(self, trials: "tuple[Trial, ...]") -> "Limits | None":
        costs = {
            "params": self.max_params,
            "flops": self.max_flops,
            "latency_ms": self.max_latency,
        }
        if self.min_accuracy is None and not any(text is not None for text in costs.values()):
            return None
        from nasattn.analysis.limits import read_limits

        return read_limits(costs, self.min_accuracy, trials)

    def _objectives(self, study: "Study", trials: "tuple[Trial, ...]") -> tuple[str, ...]:
        """Return what is compared: accuracy and the cost, where that is no objective."""
        from nasattn.records import OBJECTIVES

        if self.cost is None or self.cost in study.objectives[1:]:
            return study.objectives
        if self.cost not in OBJECTIVES[1:]:
            raise UnknownNameError("cost", self.cost, OBJECTIVES[1:], "--cost")
        _check_known(f"--cost {self.cost}", self.cost, study, trials)
        return ("accuracy", self.cost)


def _check_known(option: str, cost: str, study: "Study", trials: "tuple[Trial, ...]") -> None:
    if trials and all(getattr(trial, cost) is None for trial in trials):
        raise UserError(
            f'{option}: study "{study.name}" measured no {cost}; it is measured where it is among '
            "the objectives"
        )


def _check_range(best: "Front") -> None:
    missing = {name for name in best.objectives if name != "accuracy"} - set(best.cost_range)
    if missing:
        raise UserError(
            f"--history: the hypervolume is not defined: the range of {', '.join(sorted(missing))} "
            "is not known"
        )

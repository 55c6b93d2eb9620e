"""What a study's trials have to say about its decisions."""

from collections.abc import Sequence
from typing import NamedTuple

from nasattn.analysis.decided import decided, decision_of, parameters
from nasattn.analysis.effects import Run, whole
from nasattn.analysis.importance import Sample
from nasattn.analysis.merging import merged_outline, merged_run
from nasattn.analysis.pareto import averages
from nasattn.records import Trial
from nasattn.records.outline import Outline


class Evidence(NamedTuple):
    """Trials as the estimates take them.

    Attributes:
        outline: The decisions.
        runs: Complete trials of the space, in the order of their numbers.
        samples: Their architectures, repeats averaged.
        stopped: How many trials were stopped before their end: they have no final accuracy.
        outside: How many complete trials are of no architecture of the space, as a baseline can be.
    """

    outline: Outline
    runs: tuple[Run, ...]
    samples: tuple[Sample, ...]
    stopped: int
    outside: int

    @property
    def options(self) -> dict[str, tuple[str, ...]]:
        """The words of each decision's options, what leaves the backbone alone first."""
        return {
            d.name: tuple(sorted((o.word for o in d.options), key=lambda word: word != "none"))
            for d in self.outline.decisions
        }

    @property
    def parameters(self) -> dict[str, tuple[str, ...]]:
        """The parameters of each decision that some sample has."""
        names = dict.fromkeys(name for sample in self.samples for name in sample.parameters)
        of = {name: decision_of(name, self.outline) for name in names}
        return {
            d.name: tuple(name for name in names if of[name] == d.name)
            for d in self.outline.decisions
        }

    @property
    def by_choice(self) -> "Evidence":
        """The same with one decision for each choice, which came to several options in part."""
        runs = tuple(merged_run(run, self.outline) for run in self.runs)
        return self._replace(outline=merged_outline(self.outline), runs=runs)

    @property
    def cost_shares(self) -> dict[str, dict[str, float]]:
        """Each decision's share of the variance of each cost over the space, by cost.

        Costs add up over decisions, so the shares are exact and add up to 1; all are 0 where the
        cost is the same everywhere.
        """
        costs = self.outline.decisions[0].variance if self.outline.decisions else ()
        return {cost: self._shares(cost) for cost in costs}

    def _shares(self, cost: str) -> dict[str, float]:
        variances = {d.name: d.variance[cost] for d in self.outline.decisions}
        total = sum(variances.values())
        return {name: value / total if total else 0.0 for name, value in variances.items()}


def evidence(outline: Outline, trials: Sequence[Trial]) -> Evidence:
    """Return what ``trials`` say about the decisions of ``outline``."""
    complete = [trial for trial in trials if trial.is_result]
    pairs = [(trial, decided(outline, trial)) for trial in complete]
    runs = tuple(
        Run(
            shares=whole(options),
            value=trial.accuracy or 0.0,
            architecture=trial.digest,
            repeat=trial.repeat,
        )
        for trial, options in pairs
        if options is not None
    )
    inside = [trial for trial, options in pairs if options is not None]
    samples = tuple(
        Sample(parameters(outline, result.trial), result.trial.accuracy or 0.0)
        for result in averages(inside)
    )
    stopped = sum(trial.state == "pruned" for trial in trials)
    return Evidence(outline, runs, samples, stopped, len(complete) - len(inside))

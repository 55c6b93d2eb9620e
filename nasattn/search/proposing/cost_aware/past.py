"""The trials so far, as architectures of the space with what was observed of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nasattn.search.proposing.cost_aware.candidates import Candidate, Candidates
from nasattn.search.proposing.cost_aware.observed import Observed
from nasattn.search.proposing.problem import Problem
from nasattn.space import COSTS
from nasattn.surrogate.arrays import Array
from nasattn.surrogate.belief import Observation
from nasattn.surrogate.content import Content
from nasattn.surrogate.measured import Measured
from nasattn.surrogate.scale import Range, scaled_costs

# Latency is not known before: its range is from the first trial's to so many times that.
_LATENCY_SPAN = 10.0


class Tried(NamedTuple):
    """One trial."""

    number: int
    candidate: Candidate
    observed: Observed


@dataclass(frozen=True, slots=True)
class Past:
    """All trials of a study.

    Attributes:
        problem: The study.
        candidates: What can be chosen.
        trials: In the order of their numbers.
    """

    problem: Problem
    candidates: Candidates
    trials: tuple[Tried, ...]

    @property
    def results(self) -> tuple[Tried, ...]:
        """The trials that have come to their end."""
        return tuple(t for t in self.trials if len(t.observed.accuracies) >= self.problem.epochs)

    @property
    def begun(self) -> tuple[Tried, ...]:
        """The trials that count: all but those that failed or were never begun."""
        return tuple(t for t in self.trials if t.observed.accuracies or t.observed.is_open)

    def observations(self) -> list[Observation]:
        """Return the trials with an accuracy as the model takes them."""
        told = [tried for tried in self.trials if tried.observed.accuracies]
        costs = self.costs([tried.candidate for tried in told])
        return [
            Observation(t.number, t.candidate.contents, tuple(row), t.observed.accuracies)
            for t, row in zip(told, costs.tolist(), strict=True)
        ]

    def costs(self, candidates: Sequence[Candidate]) -> Array:
        """Return scaled costs, (N, C): exact, but for a latency, which is extrapolated."""
        columns = [self._column(name, candidates) for name in self.problem.costs]
        if not columns:
            return np.zeros((len(candidates), 0))
        return np.column_stack(columns).reshape(len(candidates), len(columns))

    def _column(self, name: str, candidates: Sequence[Candidate]) -> Array:
        if name in COSTS:
            return self._exact(name, candidates)
        measured = [tried for tried in reversed(self.trials) if tried.observed.latency_ms]
        if not measured:
            return np.zeros(len(candidates))
        values = [tried.observed.latency_ms or 0.0 for tried in measured]
        known = [tried.candidate for tried in measured]
        model = Measured(
            self.candidates.slots, _contents(known), self._exact("flops", known)[:, None], values
        )
        flops = self._exact("flops", candidates)[:, None]
        expected = model.expected(_contents(candidates), flops)
        return scaled_costs(expected[:, None].tolist(), [_latency_range(values[-1])])[:, 0]

    def _exact(self, name: str, candidates: Sequence[Candidate]) -> Array:
        place = COSTS.index(name)
        rows = [(candidate.totals[place],) for candidate in candidates]
        low, high = self.problem.cost_range[name]
        return scaled_costs(rows, [(float(low), float(high))])[:, 0]


def _contents(candidates: Iterable[Candidate]) -> list[tuple[Content, ...]]:
    return [candidate.contents for candidate in candidates]


def _latency_range(first: float) -> Range:
    return first, _LATENCY_SPAN * first

"""The trials so far, as architectures of the space with what was observed of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
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
from nasattn.surrogate.scale import scaled_costs

# Latency is not known before: its range is from the first trial's to so many times that.
_LATENCY_SPAN = 10.0


class Tried(NamedTuple):
    """One trial."""

    number: int
    candidate: Candidate
    observed: Observed


@dataclass(frozen=True)
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

    @cached_property
    def results(self) -> tuple[Tried, ...]:
        """The trials that have come to their end."""
        return tuple(t for t in self.trials if len(t.observed.accuracies) >= self.problem.epochs)

    @cached_property
    def begun(self) -> tuple[Tried, ...]:
        """The trials that count: all but those that failed or were never begun."""
        return tuple(t for t in self.trials if t.observed.accuracies or t.observed.is_open)

    def observations(self, most: int) -> list[Observation]:
        """Return the trials with an accuracy as a model of ``most`` rows takes them."""
        told = self.results[-most:]
        if len(told) < most:
            told = tuple(tried for tried in self.trials if tried.observed.accuracies)
        architectures = [tried.candidate for tried in told]
        costs = self.costs(architectures).tolist()
        return [
            Observation(t.number, contents, tuple(row), t.observed.accuracies)
            for t, contents, row in zip(told, self.contents(architectures), costs, strict=True)
        ]

    def contents(self, candidates: Iterable[Candidate]) -> list[tuple[Content, ...]]:
        """Return what stands at each slot of architectures."""
        return [self.candidates.contents(candidate) for candidate in candidates]

    def costs(self, candidates: Sequence[Candidate]) -> Array:
        """Return scaled costs, (N, C): exact, but for a latency, which is extrapolated."""
        columns = [self._column(name, candidates) for name in self.problem.costs]
        if not columns:
            return np.zeros((len(candidates), 0))
        return np.column_stack(columns).reshape(len(candidates), len(columns))

    def latency_ms(self, candidate: Candidate) -> float | None:
        """Return what an architecture would measure, as far as those measured tell."""
        latencies = self._latencies([candidate])
        return float(latencies[0]) if latencies is not None else None

    def _column(self, name: str, candidates: Sequence[Candidate]) -> Array:
        if name in COSTS:
            return self._exact(name, candidates)
        latencies = self._latencies(candidates)
        if latencies is None:
            return np.zeros(len(candidates))
        first = next(t.observed.latency_ms for t in self.trials if t.observed.latency_ms)
        return scaled_costs(latencies[:, None], [(first, _LATENCY_SPAN * first)])[:, 0]

    def _latencies(self, candidates: Sequence[Candidate]) -> Array | None:
        measured = [tried for tried in reversed(self.trials) if tried.observed.latency_ms]
        if not measured:
            return None
        known = [tried.candidate for tried in measured]
        values = [tried.observed.latency_ms or 0.0 for tried in measured]
        flops = self._exact("flops", known)[:, None]
        model = Measured(self.candidates.slots, self.contents(known), flops, values)
        return model.expected(self.contents(candidates), self._exact("flops", candidates)[:, None])

    def _exact(self, name: str, candidates: Sequence[Candidate]) -> Array:
        place = COSTS.index(name)
        totals = np.fromiter((one.totals[place] for one in candidates), float, len(candidates))
        low, high = self.problem.cost_range[name]
        return scaled_costs(totals[:, None], [(float(low), float(high))])[:, 0]

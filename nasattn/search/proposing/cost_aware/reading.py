"""Optuna's trials as ``cost-aware`` takes them, those that have ended read once."""

import functools
from collections.abc import Iterable, Iterator

from optuna.trial import FrozenTrial

from nasattn.search.proposing.cost_aware.candidates import Candidate, Candidates, candidates_of
from nasattn.search.proposing.cost_aware.observed import Observed, read_observed
from nasattn.search.proposing.cost_aware.past import Tried
from nasattn.search.proposing.problem import Problem

Read = tuple[FrozenTrial, Candidate, Observed]


class Reader:
    """Reads the trials of a study again and again.

    Args:
        candidates: The architectures that their parameters denote.
    """

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        # By identity: a trial that has ended is the same object at the next reading.
        self._ended: dict[int, Read] = {}

    def read(self, trials: Iterable[FrozenTrial]) -> Iterator[Tried]:
        """Yield trials with their architectures and what was observed of them."""
        before, self._ended = self._ended, {}
        for trial in trials:
            known = before.get(id(trial))
            if known is None or known[0] is not trial:
                architecture = self._candidates.read(trial.params)
                known = trial, architecture, read_observed(trial.user_attrs)
            if trial.state.is_finished():
                self._ended[id(trial)] = known
            yield Tried(trial.number, *known[1:])


@functools.lru_cache(maxsize=2)
def reader_of(problem: Problem) -> Reader:
    """Return the reader of a problem's trials; samplers are made anew for every proposal."""
    return Reader(candidates_of(problem))

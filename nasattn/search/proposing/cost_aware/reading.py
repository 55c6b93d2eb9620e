"""Optuna's trials as ``cost-aware`` takes them, those that have ended read once."""

import functools
from collections.abc import Iterable, Iterator

from optuna.trial import FrozenTrial

from nasattn.search.proposing.cost_aware.candidates import Candidates, candidates_of
from nasattn.search.proposing.cost_aware.observed import read_observed
from nasattn.search.proposing.cost_aware.past import Tried
from nasattn.search.proposing.problem import Problem


class Reader:
    """Reads the trials of a study again and again.

    Args:
        candidates: The architectures that their parameters denote.
    """

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        # By identity: a trial that has ended is the same object at the next reading.
        self._ended: dict[int, tuple[FrozenTrial, Tried]] = {}

    def read(self, trials: Iterable[FrozenTrial]) -> Iterator[Tried]:
        """Yield trials with their architectures and what was observed of them."""
        before, self._ended = self._ended, {}
        for trial in trials:
            known, tried = before.get(id(trial), (None, None))
            if tried is None or known is not trial or tried.number != trial.number:
                architecture = self._candidates.read(trial.params)
                tried = Tried(trial.number, architecture, read_observed(trial.user_attrs))
            if trial.state.is_finished():
                self._ended[id(trial)] = trial, tried
            yield tried


@functools.lru_cache(maxsize=2)
def reader_of(problem: Problem) -> Reader:
    """Return the reader of a problem's trials; samplers are made anew for every proposal."""
    return Reader(candidates_of(problem))

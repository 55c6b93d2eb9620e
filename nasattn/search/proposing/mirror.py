"""A study as Optuna's samplers see it, in memory."""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.pruning.expecting import expected
from nasattn.search.pruning.standings import Standings, waits
from nasattn.search.storage import DIRECTIONS
from nasattn.search.study.settings import Settings

Values = Callable[[Trial], list[float]]


class _Past(FrozenTrial):
    """A trial that has ended, which nobody changes: copies may share what is in it."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Past":
        return copy(self)


class Mirror:
    """Makes studies in memory with the trials so far; each trial is turned once while it is as is.

    Args:
        settings: The frozen study.
        values: Returns the objectives of a trial.
    """

    def __init__(self, settings: Settings, values: Values) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._values, self._standings = values, Standings(settings)
        self._directions = [DIRECTIONS[name] for name in settings.objectives]
        self._turned: dict[int, tuple[float | None, _Past]] = {}

    def study(self, sampler: BaseSampler, attempts: Sequence[Attempt]) -> optuna.Study:
        """Return a new study with the trials that a sampler may learn from."""
        storage = InMemoryStorage()
        study = optuna.create_study(storage=storage, directions=self._directions, sampler=sampler)
        for past in self._past(attempts):
            # Study.add_trial would check every parameter of every trial again.
            storage.create_new_trial(study._study_id, template_trial=past)
        return study

    def _past(self, attempts: Sequence[Attempt]) -> Iterable[_Past]:
        race = self._standings.race(attempts)
        for attempt in filter(_is_past, attempts):
            told = expected(attempt.record, race)
            accuracy = told.accuracy if told else None
            known = self._turned.get(attempt.row)
            if known is None or known[0] != accuracy:
                known = accuracy, self._turn(attempt.frozen, told)
                self._turned[attempt.row] = known
            yield known[1]

    def _turn(self, frozen: FrozenTrial, told: Trial | None) -> _Past:
        """Return a trial as samplers take it: the parameters, the values, the notes."""
        return _Past(
            number=-1,
            trial_id=-1,
            state=TrialState.COMPLETE if told else TrialState.FAIL,
            value=None,
            values=self._values(told) if told else None,
            datetime_start=frozen.datetime_start,
            datetime_complete=frozen.datetime_complete,
            params=frozen.params,
            distributions=frozen.distributions,
            user_attrs={},
            system_attrs=frozen.system_attrs,
            intermediate_values={},
        )


def _is_past(attempt: Attempt) -> bool:
    # Without parameters there is nothing to learn from: the baseline of a space that does
    # not hold the bare backbone.
    record = attempt.record
    known = record.is_result or record.state in {"pruned", "failed"} or waits(record)
    return known and bool(attempt.frozen.params)

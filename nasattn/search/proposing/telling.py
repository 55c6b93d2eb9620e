"""The trials so far as Optuna's samplers take them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.proposing.mirror import Past
from nasattn.search.pruning.expecting import Expectations
from nasattn.search.pruning.standings import Standings, waits
from nasattn.search.study.settings import Settings


class Telling:
    """Turns attempts into what samplers learn from; each once, as long as that stays the same.

    Args:
        settings: The frozen study.
        values: Returns the objectives of a complete trial.
    """

    def __init__(self, settings: Settings, values: Callable[[Trial], list[float]]) -> None:
        self._values, self._standings = values, Standings(settings)
        self._turned: dict[int, tuple[float | None, Past]] = {}
        self._distributions: dict[str, BaseDistribution] = {}

    def past(self, attempts: Sequence[Attempt]) -> list[Past]:
        """Return the trials that there is something to learn from, by number."""
        expectations = Expectations(self._standings.race(attempts))
        return [self._past(attempt, expectations) for attempt in filter(_is_past, attempts)]

    def _past(self, attempt: Attempt, expectations: Expectations) -> Past:
        accuracy = expectations.accuracy(attempt.record)
        known = self._turned.get(attempt.row)
        if known is None or known[0] != accuracy:
            known = accuracy, self._turn(attempt, accuracy)
            self._turned[attempt.row] = known
        return known[1]

    def _turn(self, attempt: Attempt, accuracy: float | None) -> Past:
        frozen, told = attempt.frozen, replace(attempt.record, accuracy=accuracy)
        return Past(
            TrialState.FAIL if accuracy is None else TrialState.COMPLETE,
            None if accuracy is None else self._values(told),
            frozen.params,
            self._shared(frozen),
            frozen.system_attrs,
        )

    def _shared(self, frozen: FrozenTrial) -> Mapping[str, BaseDistribution]:
        """Return a trial's distributions, those of equal trials as the same objects."""
        shared = {}
        for name, distribution in frozen.distributions.items():
            known = self._distributions.setdefault(name, distribution)
            shared[name] = known if known == distribution else distribution
        return shared


def _is_past(attempt: Attempt) -> bool:
    # Without parameters there is nothing to learn from: the baseline of a space that does
    # not hold the bare backbone.
    record = attempt.record
    known = record.is_result or record.state in {"pruned", "failed"} or waits(record)
    return known and bool(attempt.frozen.params)

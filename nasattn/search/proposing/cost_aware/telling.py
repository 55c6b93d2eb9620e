"""A study's trials as ``cost-aware`` is told of them."""

from collections.abc import Sequence
from itertools import takewhile

from optuna.trial import FrozenTrial, TrialState

from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.proposing.cost_aware.observed import Observed
from nasattn.search.proposing.mirror import Past

_OPEN = {"waiting", "running", "paused"}


class Observing:
    """Turns attempts into what ``cost-aware`` is told; those that have ended once.

    Args:
        epochs: Of the recipe.
    """

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._ended: dict[int, tuple[Trial, FrozenTrial]] = {}

    def trials(self, attempts: Sequence[Attempt]) -> list[FrozenTrial]:
        """Return the trials of a study with their parameters and what was observed of each.

        Args:
            attempts: The latest attempt of every trial; those set aside are left out.
        """
        return [self._told(attempt) for attempt in attempts if not attempt.is_set_aside]

    def _told(self, attempt: Attempt) -> FrozenTrial:
        record, told = self._ended.get(attempt.row, (None, None))
        if told is None or record is not attempt.record:
            told = observed_trial(attempt.frozen, observed(attempt.record, self._epochs))
            if attempt.frozen.state.is_finished():
                self._ended[attempt.row] = attempt.record, told
        return told


def observed_trial(frozen: FrozenTrial, observed: Observed) -> FrozenTrial:
    """Return a trial with its parameters and what was observed of it."""
    # The attribute says all, and no values are asked for.
    attribute = observed.attribute()
    return Past(TrialState.FAIL, None, frozen.params, frozen.distributions, {}, attribute)


def observed(record: Trial, epochs: int) -> Observed:
    """Return what a trial's record tells.

    That is nothing of one that failed or was continued beyond the recipe's epochs: its curve is
    of another schedule.
    """
    if record.state == "failed" or record.extended_to is not None:
        return Observed()
    measured = takewhile(lambda epoch: epoch.get("accuracy") is not None, record.curve[:epochs])
    known = tuple(float(epoch["accuracy"]) for epoch in measured)
    return Observed(known, is_open=record.state in _OPEN, latency_ms=record.latency_ms)

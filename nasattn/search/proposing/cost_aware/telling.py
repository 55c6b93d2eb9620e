"""A study's trials as ``cost-aware`` is told of them."""

from collections.abc import Sequence
from itertools import takewhile

from optuna.trial import FrozenTrial, TrialState, create_trial

from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.proposing.cost_aware.observed import Observed

_OPEN = {"waiting", "running", "paused"}


def observed_trials(attempts: Sequence[Attempt], epochs: int) -> list[FrozenTrial]:
    """Return the trials of a study with their parameters and what was observed of each.

    Args:
        attempts: The latest attempt of every trial; those set aside are left out.
        epochs: Of the recipe.
    """
    return [
        create_trial(
            state=TrialState.FAIL,  # the attribute says all; so no values are asked for
            params=attempt.frozen.params,
            distributions=attempt.frozen.distributions,
            user_attrs=observed(attempt.record, epochs).attribute(),
        )
        for attempt in attempts
        if not attempt.is_set_aside
    ]


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

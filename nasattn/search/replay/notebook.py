"""The trials of a replay, in memory."""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from nasattn.records import WORKER_KEY, Trial
from nasattn.search.ledger.attempt import Attempt, Proposal
from nasattn.search.ledger.ledger import OPTUNA_STATES, objective_values
from nasattn.search.study.settings import Settings


class Notebook:
    """Keeps what `Ledger` keeps of a real search, and writes nothing.

    Args:
        settings: The study of the replay.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._attempts: list[Attempt] = []
        self._earlier: dict[int, list[Trial]] = {}
        self._rows = 0

    def attempts(self) -> list[Attempt]:
        """Return the latest attempt of every trial, by number."""
        return list(self._attempts)

    def history(self, trial: int) -> list[Trial]:
        """Return the records of all attempts at a trial, the first one first."""
        return [*self._earlier.get(trial, []), self._attempts[trial].record]

    def close(self, attempt: Attempt) -> bool:
        """Let an attempt take no more writes; nobody else ever has."""
        del attempt
        return True

    def values(self, record: Trial) -> list[float]:
        """Return the objectives of a complete trial."""
        return objective_values(record, self._settings)

    def begin_anew(self, record: Trial) -> None:
        """Forget from where a trial could be gone on with: a replay keeps no checkpoints."""
        del record

    def start(self, record: Trial, proposal: Proposal, worker: str) -> None:
        """Enter a new attempt, running."""
        if record.trial < len(self._attempts):
            self._earlier.setdefault(record.trial, []).append(self._attempts[record.trial].record)
            del self._attempts[record.trial]
        self._rows += 1
        frozen = _row(self._rows, proposal, {WORKER_KEY: worker})
        self._attempts.insert(record.trial, Attempt(record, frozen))

    def update(self, record: Trial) -> None:
        """Enter what a running attempt has come to by now."""
        self._attempts[record.trial] = replace(self._attempts[record.trial], record=record)

    def end(self, record: Trial) -> None:
        """Enter how an attempt ended."""
        frozen = copy(self._attempts[record.trial].frozen)
        frozen.state = OPTUNA_STATES.get(record.state, TrialState.FAIL)
        self._attempts[record.trial] = Attempt(record, frozen)


def _row(number: int, proposal: Proposal, attributes: Mapping[str, Any]) -> FrozenTrial:
    """Return Optuna's trial behind an attempt, without the checks of one that a user makes."""
    return FrozenTrial(
        number=number,
        trial_id=number,
        state=TrialState.RUNNING,
        value=None,
        values=None,
        datetime_start=None,
        datetime_complete=None,
        params=dict(proposal.params),
        distributions=dict(proposal.distributions),
        user_attrs=dict(attributes),
        system_attrs=dict(proposal.notes),
        intermediate_values={},
    )

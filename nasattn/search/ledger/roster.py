"""Where the workers of a study sign in, and what is asked of them: all in the study's storage.

Every key is written by one process alone, so that no write is lost between two. Optuna keeps
attributes for good, but a study may see thousands of workers: who leaves takes its key away.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from sqlalchemy import text

from nasattn.records import SIGN_PREFIX, WORKER_KEY, Trial
from nasattn.search.dates import now
from nasattn.search.ledger.watch import Sign
from nasattn.search.ledger.worker import Worker
from nasattn.search.patience import persist
from nasattn.search.storage import CLAIM_KEY, storage_errors

_STOP_KEY = "nasattn:stop"
_PRUNE_KEY = "nasattn:prune"

_CLAIMS = """
SELECT t.trial_id, w.value_json FROM trials t
JOIN trial_user_attributes a ON a.trial_id = t.trial_id
LEFT JOIN trial_user_attributes w ON w.trial_id = t.trial_id AND w.key = :worker
WHERE t.study_id = :study AND a.key = :key AND a.value_json = :claim
ORDER BY t.trial_id
"""

_NEWS = """
SELECT t.state, a.value_json FROM trials t
LEFT JOIN trial_user_attributes a ON a.trial_id = t.trial_id AND a.key = :key
WHERE t.trial_id = :row
"""
_SIGN_OUT = "DELETE FROM study_user_attributes WHERE study_id = :study AND key = :key"


@dataclass(frozen=True, slots=True)
class Stop:
    """A request that every worker leaves.

    Attributes:
        token: No two requests have the same; who signs in later than one does not heed it.
        after_trial: Whether trials are ended first.
    """

    token: str
    after_trial: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The workers that are signed in, by token, and the last request to stop, if any was made."""

    signs: Mapping[str, Sign]
    stop: Stop | None

    @property
    def stop_token(self) -> str:
        """Return the token of the last request to stop, empty where there was none."""
        return self.stop.token if self.stop else ""


@dataclass(frozen=True, slots=True)
class News:
    """What others did to a running attempt.

    Attributes:
        is_superseded: Whether its row was closed: its worker was taken for dead.
        prune: Why it is to end as pruned; None where nobody asked.
    """

    is_superseded: bool
    prune: str | None


class Roster:
    """The workers of one study.

    Args:
        storage: The storage.
        study_id: The study's number in it.
        shown: The storage's URL as messages may show it.
    """

    def __init__(self, storage: RDBStorage, study_id: int, shown: str) -> None:
        self._storage, self._study_id, self._shown = storage, study_id, shown

    def sign(self, worker: Worker, beat: int) -> None:
        """Write a worker's heartbeat; the first one signs it in."""
        value = {**asdict(worker), "beat": beat, "at": now()}
        with storage_errors(self._shown):
            self._storage.set_study_user_attr(self._study_id, SIGN_PREFIX + worker.token, value)

    def sign_out(self, token: str) -> None:
        """Take a worker off the list."""
        values = {"study": self._study_id, "key": SIGN_PREFIX + token}

        def delete() -> None:
            with self._storage.engine.begin() as connection:
                connection.execute(text(_SIGN_OUT), values)

        with storage_errors(self._shown):
            persist(delete)

    def _select(self, query: str, values: Mapping[str, Any]) -> list[Any]:
        def select() -> list[Any]:
            with self._storage.engine.connect() as connection:
                return list(connection.execute(text(query), values))

        with storage_errors(self._shown):
            return persist(select)

    def sweep(self) -> None:
        """Take those off the list whose processes have certainly ended without signing out."""
        for token, sign in self.read().signs.items():
            if sign.worker.is_certainly_gone:
                self.sign_out(token)

    def read(self) -> Board:
        """Return who is signed in and what is asked of all."""
        with storage_errors(self._shown):
            found = self._storage.get_study_user_attrs(self._study_id)
        signs = {
            key.removeprefix(SIGN_PREFIX): _sign(value)
            for key, value in found.items()
            if key.startswith(SIGN_PREFIX)
        }
        stop = found.get(_STOP_KEY)
        return Board(signs, Stop(**stop) if stop else None)

    def ask_to_stop(self, *, after_trial: bool) -> None:
        """Ask every worker that is signed in to leave."""
        stop = Stop(secrets.token_hex(8), after_trial)
        with storage_errors(self._shown):
            self._storage.set_study_user_attr(self._study_id, _STOP_KEY, asdict(stop))

    def ask_to_prune(self, row: int, reason: str) -> bool:
        """Ask whoever runs an attempt to end it as pruned; False where it has ended.

        Args:
            row: Optuna's number of the trial behind the attempt.
            reason: For the record.
        """
        with storage_errors(self._shown):
            try:
                self._storage.set_trial_user_attr(row, _PRUNE_KEY, reason)
            except UpdateFinishedTrialError:
                return False
        return True

    def claims(self, trial: int, attempt: int) -> dict[int, str]:
        """Return the rows that claim an attempt, the one that holds it first, and their workers."""
        values = {
            "study": self._study_id,
            "key": CLAIM_KEY,
            "claim": json.dumps(claim_of(trial, attempt)),
            "worker": WORKER_KEY,
        }
        rows = self._select(_CLAIMS, values)
        return {row: json.loads(worker) if worker else "" for row, worker in rows}

    def row_of(self, trial: Trial) -> tuple[int, str] | None:
        """Return the row of an attempt and the token of its worker; None where none runs it."""
        row = next(iter(self.claims(trial.trial, trial.attempt)), None)
        if row is None:
            return None
        with storage_errors(self._shown):
            frozen = self._storage.get_trial(row)
        # One that was rebuilt from its files has no worker.
        token = str(frozen.user_attrs.get(WORKER_KEY, ""))
        return None if frozen.state.is_finished() else (row, token)

    def news(self, row: int) -> News:
        """Return what others did to a running attempt; ``row`` as for `ask_to_prune`."""
        values = {"row": row, "key": _PRUNE_KEY}
        ((state, prune),) = self._select(_NEWS, values)
        return News(state != "RUNNING", json.loads(prune) if prune else None)


def claim_of(trial: int, attempt: int) -> str:
    """Return what a row says that claims an attempt."""
    return f"{trial}.{attempt}"


def _sign(value: Mapping[str, Any]) -> Sign:
    worker = Worker(value["token"], value["host"], value["pid"], value["born"])
    return Sign(worker, value["beat"])

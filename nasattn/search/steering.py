"""What a person asks of a study's workers from another terminal: to prune a trial, to leave.

Torch is imported only where a trial is pruned that nobody runs: a request should not take longer
to be typed than to be done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from nasattn.errors import FailedError, UnknownTrialError, UserError
from nasattn.records import Trial, load_trials
from nasattn.search.existing import open_existing
from nasattn.search.ledger.roster import Roster
from nasattn.search.ledger.watch import Watch

_BY_HAND = "by hand"
_ENDED = frozenset({"complete", "pruned", "failed", "invalid"})
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Limit:
    """How long to wait for workers to do what they were asked.

    Args:
        seconds: From now.
    """

    seconds: float

    def wait(self, is_done: Callable[[], bool]) -> bool:
        """Ask again and again; return whether it was done within the limit."""
        until = monotonic() + self.seconds
        while not (done := is_done()) and monotonic() < until:
            sleep(_POLL_SECONDS)
        return done


class Steering:
    """Steers the workers of one study.

    Args:
        runs_dir: The folder of run folders.
        name: The study's name.
        storage: Its storage's URL, where that needs a password.

    Raises:
        UserError: there is no such study, or its storage cannot be opened.
        WriteError: the storage cannot be read.
    """

    def __init__(self, runs_dir: Path, name: str, storage: str | None) -> None:
        self._study, self._storage, study_id, self._shown = open_existing(runs_dir, name, storage)
        self._roster = Roster(self._storage, study_id, self._shown)
        self._watch, self._asked = Watch(), set[int]()

    def _trials(self) -> tuple[Trial, ...]:
        return load_trials(self._study, curves=False)

    def prune(self, numbers: Sequence[int], limit: Limit) -> tuple[Trial, ...]:
        """End trials as pruned: those that run at their next step, those that are paused at once.

        Args:
            numbers: The trials.
            limit: How long to wait for the workers.

        Returns:
            The trials as they ended.

        Raises:
            UserError: one of them is not there or has ended; none is touched then.
            FailedError: a worker has not done it within the limit; it will at its next step.
        """
        for trial in _found(self._trials(), numbers):
            _check_open(trial)
        waiting = set(numbers)

        def is_done() -> bool:
            self._watch.look(self._roster.read().signs)
            found = _found(self._trials(), sorted(waiting))
            waiting.difference_update(trial.trial for trial in found if self._is_pruned(trial))
            return not waiting

        if not limit.wait(is_done):
            left = ", ".join(map(str, sorted(waiting)))
            raise FailedError(
                f"trial {left}: not pruned within {limit.seconds:g} s; "
                "its worker knows, and ends it at its next step"
            )
        return _found(self._trials(), numbers)

    def _is_pruned(self, trial: Trial) -> bool:
        """Do what can be done to prune a trial; tell whether it is.

        Raises:
            UserError: it has ended otherwise.
        """
        if trial.state == "pruned":
            return True
        _check_open(trial)
        running = self._roster.row_of(trial)
        if running is None or not self._watch.is_alive(running[1]):
            return self._prune_here(trial)
        row = running[0]
        if row not in self._asked:
            self._roster.ask_to_prune(row, _BY_HAND)
            self._asked.add(row)
        return False

    def _prune_here(self, trial: Trial) -> bool:
        from nasattn.search.ledger.ledger import Ledger, TakenError
        from nasattn.search.study.settings import Settings

        folder = self._study.path
        ledger = Ledger(self._storage, Settings.load(folder), folder, self._shown, begun=True)
        (latest,) = (a for a in ledger.attempts() if a.record.trial == trial.trial)
        try:
            ledger.prune(latest, _BY_HAND)
        except TakenError:
            return False
        return True

    def stop(self, limit: Limit, *, after_trial: bool) -> int:
        """Ask every process that works on the study to leave, and wait until all have left.

        Args:
            limit: How long to wait.
            after_trial: Let the trials in progress end.

        Returns:
            How many processes have left.

        Raises:
            FailedError: some have not left within the limit; they will.
        """
        self._roster.ask_to_stop(after_trial=after_trial)
        self._watch.look(self._roster.read().signs)
        asked = self._watch.alive()
        left = set(asked)

        def is_done() -> bool:
            self._watch.look(self._roster.read().signs)
            left.intersection_update(self._watch.alive())
            return not left

        if not limit.wait(is_done):
            when = "after their trials" if after_trial else "at their next step"
            raise FailedError(
                f"{len(left)} of {len(asked)} processes have not left within "
                f"{limit.seconds:g} s; they know, and leave {when}"
            )
        return len(asked)


def _found(trials: Sequence[Trial], numbers: Sequence[int]) -> tuple[Trial, ...]:
    known = {trial.trial: trial for trial in trials}
    for number in numbers:
        if number not in known:
            raise UnknownTrialError(number, list(known))
    return tuple(known[number] for number in numbers)


def _check_open(trial: Trial) -> None:
    if trial.state in _ENDED:
        raise UserError(
            f"trial {trial.trial} is {trial.state}: only one that runs, waits or is paused "
            "can be pruned"
        )

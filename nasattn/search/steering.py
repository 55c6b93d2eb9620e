"""What a person asks of a study's workers from another terminal: to prune a trial, to leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from nasattn.errors import FailedError, UserError
from nasattn.records import Trial, load_study
from nasattn.search.ledger import ENDED, Attempt, Ledger, TakenError
from nasattn.search.settings import Settings
from nasattn.search.storage import absolute_url, default_url, open_storage, without_password
from nasattn.search.watch import Watch

BY_HAND = "by hand"
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


def open_ledger(runs_dir: Path, name: str, storage: str | None) -> Ledger:
    """Return the ledger of a study that is there.

    Args:
        runs_dir: The folder of run folders.
        name: The study's name.
        storage: Its storage's URL, where that needs a password.

    Raises:
        UserError: there is no such study, or its storage cannot be opened.
        WriteError: the storage cannot be read.
    """
    folder = load_study(runs_dir, name).path
    settings = Settings.load(folder)
    url = absolute_url(storage) if storage else settings.storage or default_url(folder)
    shown = without_password(url) or url
    return Ledger(open_storage(url, shown), settings, folder, shown, begun=True)


def prune(ledger: Ledger, numbers: Sequence[int], limit: Limit) -> tuple[Trial, ...]:
    """End trials as pruned: those that run at their next step, those that are paused at once.

    Args:
        ledger: The study's.
        numbers: The trials.
        limit: How long to wait for the workers.

    Returns:
        The trials as they ended.

    Raises:
        UserError: one of them is not there or has ended; none is touched then.
        FailedError: a worker has not done it within the limit; it will at its next step.
    """
    for attempt in _found(ledger, numbers):
        _check_open(attempt)
    watch, waiting, asked = Watch(), set(numbers), set[int]()

    def is_done() -> bool:
        watch.look(ledger.roster.read().signs)
        for attempt in _found(ledger, sorted(waiting)):
            if _is_pruned(ledger, attempt, watch, asked):
                waiting.discard(attempt.record.trial)
        return not waiting

    if not limit.wait(is_done):
        left = ", ".join(map(str, sorted(waiting)))
        raise FailedError(
            f"trial {left}: not pruned within {limit.seconds:g} s; "
            "its worker knows, and ends it at its next step"
        )
    return tuple(attempt.record for attempt in _found(ledger, numbers))


def _found(ledger: Ledger, numbers: Sequence[int]) -> list[Attempt]:
    known = {attempt.record.trial: attempt for attempt in ledger.attempts()}
    for number in numbers:
        if number not in known:
            last = f"its trials are 0 to {max(known)}" if known else "it has no trials yet"
            raise UserError(f"no trial {number}: {last}")
    return [known[number] for number in numbers]


def _check_open(attempt: Attempt) -> None:
    record = attempt.record
    if record.state in ENDED:
        raise UserError(
            f"trial {record.trial} is {record.state}: only one that runs, waits or is paused "
            "can be pruned"
        )


def _is_pruned(ledger: Ledger, attempt: Attempt, watch: Watch, asked: set[int]) -> bool:
    """Do what can be done to prune a trial; tell whether it is.

    Args:
        ledger: The study's.
        attempt: The trial's latest.
        watch: Tells whether its worker is alive.
        asked: Rows whose workers have been asked; it grows.

    Raises:
        UserError: it has ended otherwise.
    """
    if attempt.record.state == "pruned":
        return True
    _check_open(attempt)
    if attempt.worker is not None and watch.is_alive(attempt.worker):
        if attempt.row not in asked:
            ledger.roster.ask_to_prune(attempt.row, BY_HAND)
            asked.add(attempt.row)
        return False
    try:
        ledger.prune(attempt, BY_HAND)
    except TakenError:
        return False
    return True


def stop(ledger: Ledger, limit: Limit, *, after_trial: bool) -> int:
    """Ask every worker of a study to leave, and wait until they have left.

    Args:
        ledger: The study's.
        limit: How long to wait.
        after_trial: Let the trials in progress end.

    Returns:
        How many processes have left.

    Raises:
        FailedError: some have not left within the limit; they will.
    """
    ledger.roster.ask_to_stop(after_trial=after_trial)
    watch = Watch()
    watch.look(ledger.roster.read().signs)
    asked = watch.alive()
    left = set(asked)

    def is_done() -> bool:
        watch.look(ledger.roster.read().signs)
        left.intersection_update(watch.alive())
        return not left

    if not limit.wait(is_done):
        when = "after their trials" if after_trial else "at their next step"
        raise FailedError(
            f"{len(left)} of {len(asked)} processes have not left within {limit.seconds:g} s; "
            f"they know, and leave {when}"
        )
    return len(asked)

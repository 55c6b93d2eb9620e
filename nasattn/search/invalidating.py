"""Results that a person sets aside, and puts back."""

from collections.abc import Sequence

from nasattn.errors import UserError
from nasattn.records import Mark, Study
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.ledger.rebuild import what_to_do
from nasattn.search.opening import open_ledger
from nasattn.search.study.settings import Settings
from nasattn.search.trial.continuing import attempt_at


def invalidate(study: Study, numbers: Sequence[int], why: str, storage: str | None) -> None:
    """Take the results of trials out of fronts, samplers and totals; all of them or none.

    The record stays as it is. Another trial takes the place of one set aside, the baseline is
    trained again under its own number; the architecture may be proposed again.

    Args:
        study: Theirs.
        numbers: Which.
        why: In words.
        storage: Its storage's URL, where that needs a password.

    Raises:
        UserError: there is no such trial, it is running or set aside already, or there is no
            reason.
        WriteError: the storage or the run folder cannot be written.
    """
    reason = " ".join(why.split())
    if not reason:
        raise UserError("--why: must say why, as in --why 'trained on the wrong images'")
    _mark(study, numbers, storage, reason)


def reinstate(study: Study, numbers: Sequence[int], storage: str | None) -> None:
    """Put the results of trials back exactly as they were; all of them or none.

    Raises:
        UserError: there is no such trial, or it is not set aside.
        WriteError: the storage or the run folder cannot be written.
    """
    _mark(study, numbers, storage, None)


def _mark(study: Study, numbers: Sequence[int], storage: str | None, reason: str | None) -> None:
    settings = Settings.load(study.path)
    with what_to_do(study.path, settings):
        ledger = open_ledger(study.path, settings, storage)
        attempts = ledger.attempts()
        chosen = [attempt_at(number, attempts) for number in dict.fromkeys(numbers)]
        for attempt in chosen:
            _check(attempt, reason)
        for attempt in chosen:
            ledger.mark(attempt, Mark(attempt.record.attempt, reason) if reason else None)


def _check(attempt: Attempt, reason: str | None) -> None:
    trial, is_invalid = attempt.record, attempt.is_set_aside
    if reason is None and not is_invalid:
        raise UserError(f"trial {trial.trial} is {trial.state}, not invalid: there is no undo")
    if reason is not None and is_invalid:
        raise UserError(f"trial {trial.trial} is invalid already: {trial.reason}")
    if trial.state in ("running", "waiting"):
        raise UserError(
            f"trial {trial.trial} is {trial.state}: it has no result yet; let it end or stop it "
            "first (a process that died leaves it so until `nasattn resume`)"
        )

"""Waiting for a database that does not answer for the moment, and asking it again.

Whoever trains is patient: the server may be restarted, or the network gone for a while. What is
done again must come to the same when it has been done before and only the answer was lost.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic, sleep
from typing import TypeVar

from nasattn.records.database import first_line, is_lost

WAIT_SECONDS = 900.0
"""For so long a worker waits for its storage to answer again; then it gives up."""

_PAUSE_SECONDS = 0.2

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Patience:
    """How one waits: ``check`` raises StoppedError to end it, ``note`` hears of it."""

    check: Callable[[], None]
    note: Callable[[str], None]


# Of each thread: one that is not told otherwise does not wait.
_patience: ContextVar[_Patience | None] = ContextVar("patience", default=None)


@contextmanager
def patient(check: Callable[[], None], note: Callable[[str], None]) -> Iterator[None]:
    """Let this thread wait for a database that does not answer.

    Args:
        check: Called while waiting; what it raises, such as StoppedError, ends that.
        note: Hears in words that one waits, and when it is over.
    """
    token = _patience.set(_Patience(check, note))
    try:
        yield
    finally:
        _patience.reset(token)


@contextmanager
def impatient() -> Iterator[None]:
    """Let this thread not wait, within a part of what is done patiently."""
    token = _patience.set(None)
    try:
        yield
    finally:
        _patience.reset(token)


def persist(ask: Callable[[], Result]) -> Result:
    """Ask a database, again and again while it does not answer, where this thread is patient.

    Args:
        ask: May be called after it was done already and only its answer was lost.

    Raises:
        Exception: what ``ask`` raised, where waiting does not help or has been of no use.
    """
    try:
        return ask()
    except Exception as error:
        patience = _patience.get()
        if patience is None or not is_lost(error):
            raise
        return _wait(ask, error, patience)


def _wait(ask: Callable[[], Result], error: Exception, patience: _Patience) -> Result:
    began = monotonic()
    patience.note(f"the storage does not answer ({first_line(error.__cause__ or error)}): waiting")
    while True:
        until = monotonic() + _PAUSE_SECONDS
        while (left := until - monotonic()) > 0:
            patience.check()
            sleep(min(left, 0.05))
        try:
            result = ask()
        except Exception as again:
            if monotonic() - began > WAIT_SECONDS or not is_lost(again):
                raise
        else:
            patience.note(f"the storage answers again after {monotonic() - began:.0f} s")
            return result

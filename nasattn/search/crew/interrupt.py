"""Ctrl-C and a scheduler's SIGTERM as a polite request to stop."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

from nasattn.errors import StoppedError


@contextmanager
def stop_on_signals(heard: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Give a check that raises StoppedError after SIGINT or SIGTERM.

    A flag and not an exception from the handler: a write in progress is never torn. A second
    signal ends the process as it would without nasattn.

    Args:
        heard: Called when the check finds that a signal has come.
    """
    stopping = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        del frame
        if stopping:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stopping = True

    def check() -> None:
        if stopping:
            heard()
            raise StoppedError("interrupted")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class TimeUpError(StoppedError):
    """The time that the user gave a search is over."""


def stop_after(seconds: float) -> Callable[[], None]:
    """Return a check that raises TimeUpError when ``seconds`` have passed from now on."""
    until = monotonic() + seconds

    def check() -> None:
        if monotonic() > until:
            raise TimeUpError("time is up")

    return check

"""Ctrl-C and a scheduler's SIGTERM as a polite request to stop."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

from nasattn.errors import StoppedError


class SignalError(StoppedError):
    """A signal has asked this process to stop.

    Args:
        number: Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__("interrupted")
        self._number = number

    def end_by_it(self) -> None:
        """End this process as the signal would have, so that its parent can tell."""
        sys.stdout.flush()
        sys.stderr.flush()
        signal.signal(self._number, signal.SIG_DFL)
        signal.raise_signal(self._number)


@contextmanager
def stop_on_signals(heard: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Give a check that raises SignalError after SIGINT or SIGTERM.

    A flag and not an exception from the handler: a write in progress is never torn. A second
    signal ends the process as it would without nasattn.

    Args:
        heard: Called when the check finds that a signal has come.
    """
    stopping: int | None = None

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        del frame
        if stopping is not None:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stopping = number

    def check() -> None:
        if stopping is not None:
            heard()
            raise SignalError(stopping)

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

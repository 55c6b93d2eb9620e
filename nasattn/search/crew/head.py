"""Whether the head of a Ray cluster is there."""

import socket
from contextlib import suppress
from time import monotonic

# Ray ends the process of whoever cannot reach its head for 60 s, without a word of ours.
_PROBE_SECONDS, _GONE_SECONDS = 5.0, 20.0


def answers(address: str) -> None:
    """Check that somebody listens at an address; what is none is for Ray to refuse.

    Args:
        address: ``HOST:PORT``, with or without ``ray://``.

    Raises:
        OSError: nobody does.
    """
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdecimal() and int(port) < 1 << 16:
        socket.create_connection((host, int(port)), _PROBE_SECONDS).close()


class Head:
    """The head, as those who depend on it see it.

    Args:
        address: As for `answers`.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._probed = self._answered = monotonic()

    def is_lost(self) -> bool:
        """Tell whether it has not answered for long; it is asked now and then."""
        if monotonic() - self._probed > _PROBE_SECONDS:
            self._probed = monotonic()
            with suppress(OSError):
                answers(self._address)
                self._answered = monotonic()
        return self._probed - self._answered > _GONE_SECONDS

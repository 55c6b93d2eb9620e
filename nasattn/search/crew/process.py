"""A worker as a process of this machine; knows nothing heavy, for an actor of Ray imports it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from nasattn.search.crew.orders import Orders

_COMMAND = (sys.executable, "-m", "nasattn", "member")


class Process:
    """One worker process; a `Link`.

    Args:
        orders: Its first ones.
        home: Where it runs; here if left out.
    """

    def __init__(self, orders: Orders, home: Path | None = None) -> None:
        # In a session of its own: a terminal's Ctrl-C is for the crew's keeper to pass on.
        self._process = subprocess.Popen(  # noqa: S603 - this program
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            cwd=home,
        )
        self._orders, self._words = self._process.stdin, self._process.stderr
        if self._orders is not None:
            _send(self._orders, orders)

    @property
    def code(self) -> int | None:
        """Return the exit code, as `Link` says."""
        return self._process.poll()

    def lines(self) -> Iterator[str]:
        """Yield what it writes to standard error."""
        if self._words is not None:
            with self._words:
                for line in self._words:
                    yield line.decode(errors="replace").strip().removeprefix("nasattn: ")
        self._process.wait()

    def dismiss(self) -> None:
        """Close its standard input: its last order."""
        if self._orders is not None:
            with suppress(BrokenPipeError):  # it has ended
                self._orders.close()

    def wait(self) -> None:
        """Wait until it has ended."""
        self._process.wait()


def _send(stream: IO[bytes], orders: Orders) -> None:
    with suppress(BrokenPipeError):  # it has ended; its exit code tells
        stream.write(orders.line)
        stream.flush()

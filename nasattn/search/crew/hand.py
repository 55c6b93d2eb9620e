"""What runs a worker on a node of a Ray cluster, and tells its crew's keeper of it."""

import os
import secrets
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from nasattn.search.crew.orders import Orders
from nasattn.search.crew.process import Process

REPLY_SECONDS = 1.0
"""A hand that is there answers within about so long, whether or not there is news."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a hand has to tell.

    Attributes:
        token: Of this hand: one that Ray has started in its place has another.
        node: The name of the machine.
        lines: What the worker has said since.
        code: The worker's exit code; None while it works.
    """

    token: str
    node: str
    lines: tuple[str, ...]
    code: int | None


class Hand:
    """An actor of Ray whose life is that of one worker process, on whatever node Ray starts it.

    Where the node is lost, Ray makes it again on another from the same arguments. The process is
    not the actor's own: a user's training is not at home in Ray's, whose end takes the
    worker's standard input away and so tells the worker to leave.

    Args:
        orders: The worker's.
        home: Where the command was typed: a user's own network is imported from there, if the
            node has it.
    """

    def __init__(self, orders: Orders, home: str) -> None:
        self._token = secrets.token_hex(4)
        self._has_ended = self._is_dismissed = False
        self._process = Process(orders, Path(home) if os.access(home, os.X_OK) else None)
        self._news: SimpleQueue[str | None] = SimpleQueue()
        self._reader = Thread(target=self._read, name="words", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.lines():
            self._news.put(line)
        self._news.put(None)

    def hear(self) -> Heard:
        """Return the news, as soon as there are any or a second has passed."""
        news: list[str | None] = []
        with suppress(Empty):
            while True:
                news.append(self._news.get(timeout=0 if news else REPLY_SECONDS))
        self._has_ended = self._has_ended or None in news
        lines = tuple(line for line in news if line is not None)
        code = self._process.code if self._has_ended else None
        if code == -signal.SIGTERM and not self._is_dismissed:
            # The machine is going down: Ray finds another for what ends without leave.
            os._exit(1)
        return Heard(self._token, socket.gethostname(), lines, code)

    def leave(self) -> None:
        """Let the worker pause its trial and end."""
        self._is_dismissed = True
        self._process.dismiss()

"""What the process that looks after a crew tells each of its workers."""

import json
import os
from dataclasses import asdict, dataclass, field
from threading import Event, Thread

from nasattn.errors import StoppedError

_STDIN = 0


@dataclass(frozen=True, slots=True)
class Orders:
    """The first line of a worker's standard input; the end of that input is the last order.

    The kernel closes the input when whoever looks after the crew has ended, however it ended:
    no worker is left behind. A storage's password shows in no list of processes.

    Attributes:
        study: Its name.
        definition: The study as JSON, for a machine that has no run folder of it; None where it
            is kept in its run folder.
        runs_dir: The folder of run folders.
        storage: Its storage's URL with the password; None is the one of the run folder.
        heard: Token of the last request to stop that is not meant for the crew.
        tensorboard: Whether to write event files.
        device: Where to train.
        chosen: Only these trials are trained further: number and latest attempt of each.
        epochs: To how many, where these are more than the recipe's.
    """

    study: str
    definition: str | None
    runs_dir: str
    storage: str | None = field(repr=False)
    heard: str
    tensorboard: bool
    device: str = "auto"
    chosen: tuple[tuple[int, int], ...] = ()
    epochs: int | None = None

    @property
    def line(self) -> bytes:
        """Return the orders as they are sent."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def receive(cls) -> "Orders":
        """Read the orders of this process."""
        line = b""
        while not line.endswith(b"\n"):
            read = os.read(_STDIN, 1)
            if not read:
                raise StoppedError("interrupted")
            line += read
        return cls(**json.loads(line))


class LastOrder:
    """Listens for the end of standard input."""

    def __init__(self) -> None:
        self._is_over = Event()
        # Not through sys.stdin: its lock, held by a waiting thread, would hang the exit.
        Thread(target=self._listen, name="orders", daemon=True).start()

    def _listen(self) -> None:
        while os.read(_STDIN, 1):
            pass
        self._is_over.set()

    def check(self) -> None:
        """Raise StoppedError when the crew is to leave."""
        if self._is_over.is_set():
            raise StoppedError("interrupted")

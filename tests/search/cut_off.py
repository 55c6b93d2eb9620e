"""A trial whose machine is cut off in the middle of it goes on on another machine."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from tests.postgresql import Server
from tests.search.links import Wire
from tests.search.steering import bits
from tests.search.tiny import STUDY, write_study

_EPOCHS = 100
_NAME = "cut"


@dataclass(frozen=True)
class Moved:
    """What a trial has come to that two machines were at.

    Attributes:
        trial: As ``trials --json`` has it in the end.
        alone: The same of a study that nobody disturbed.
        before: Its epochs when its machine was cut off.
        went_on_after: The epoch of the checkpoint that the other machine went on from.
        seconds: From the cut until the other machine went on.
        said: What both machines said.
        left: Checkpoints that are left in the end.
    """

    trial: dict[str, Any]
    alone: dict[str, Any]
    before: int
    went_on_after: int
    seconds: float
    said: dict[str, str]
    left: list[str]

    @property
    def is_exact(self) -> bool:
        """Whether the bits are those of the undisturbed study, and no epoch was trained anew."""
        return (
            bits(self.trial) == bits(self.alone)
            and self.trial["attempt"] == 2
            and self.went_on_after > 0
            and "trained again" not in "".join(self.said.values())
        )

    def __str__(self) -> str:
        equal = "equal" if bits(self.trial) == bits(self.alone) else "NOT EQUAL"
        return (
            f"cut off after epoch {self.before} of {_EPOCHS}; after {self.seconds:.0f} s gone on "
            f"elsewhere from the checkpoint of epoch {self.went_on_after}; bits {equal}; attempts "
            f"{self.trial['attempt']}; checkpoints left {len(self.left)}"
        )


class Machine:
    """A network of its own, and a folder of runs of its own."""

    def __init__(self, wire: Wire, server: Server, home: Path, name: str) -> None:
        self._wire, self._home = wire, home / name
        self._home.mkdir()
        url = server.url.replace("127.0.0.1", wire.outside)
        runs = {"NASATTN_RUNS": str(self._home / "runs"), "NASATTN_STORAGE": url}
        self._env = {**os.environ, **runs, "OMP_NUM_THREADS": "1"}
        self._log = self._home / "log"
        self.running: subprocess.Popen[bytes] | None = None

    def start(self, *words: object) -> None:
        """Start the command in there."""
        line = self._wire.command(sys.executable, "-m", "nasattn", *words)
        with self._log.open("wb") as log:
            self.running = subprocess.Popen(line, env=self._env, stdout=log, stderr=log)

    def said(self) -> str:
        """Return what it has said so far."""
        return self._log.read_text("utf-8")

    def end(self) -> None:
        """Leave nothing behind."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()


def _wait(what: str, is_so: Callable[[], Any], seconds: float = 300) -> Any:
    limit = monotonic() + seconds
    while not (found := is_so()):
        assert monotonic() < limit, what
        sleep(0.1)
    return found


def _epochs(server: Server, attempt: int) -> int:
    """Return how many epochs of an attempt at trial 0 are in the storage."""
    found = server.asked(
        f"""SELECT c.value_json FROM trial_user_attributes c NATURAL JOIN trials t
        NATURAL JOIN studies
        JOIN trial_user_attributes k ON k.trial_id = c.trial_id AND k.key = 'nasattn:claim'
        WHERE c.key = 'nasattn:curve' AND study_name = '{_NAME}'
        AND k.value_json = '"0.{attempt}"'"""  # noqa: S608 - the test's own words
    )
    return max((len(json.loads(str(curve))) for (curve,) in found), default=0)


def move_a_trial(server: Server, home: Path) -> Moved:
    """Train one trial on one machine, cut that off, and let another go on.

    Args:
        server: Listens everywhere.
        home: An empty folder.

    Raises:
        PermissionError: from `Wire`.
    """
    wires = [Wire(1)]
    machines: list[Machine] = []
    try:
        wires.append(Wire(2))
        machines = [Machine(w, server, home, n) for w, n in zip(wires, "ab", strict=True)]
        return _moved(server, home, wires, machines)
    finally:
        for machine in machines:
            machine.end()
        for wire in wires:
            wire.remove()


def _moved(server: Server, home: Path, wires: list[Wire], machines: list[Machine]) -> Moved:
    study = write_study(home, STUDY.replace("epochs = 2", f"epochs = {_EPOCHS}"))
    words = ("--name", _NAME, "--trials", 1)
    (first, second), store = machines, home / "artifacts"
    first.start("search", study, *words, "--artifacts", store)
    _wait("some epochs", lambda: _epochs(server, 1) > 3)
    wires[0].cut()
    before, cut = _epochs(server, 1), monotonic()
    second.start("worker", _NAME)
    _wait("another attempt", lambda: _epochs(server, 2))
    seconds = monotonic() - cut
    wires[0].mend()
    for machine in machines:
        assert machine.running is not None
        assert machine.running.wait(300) == 0, machine.said()
    alone = {**os.environ, "NASATTN_RUNS": str(home / "alone"), "OMP_NUM_THREADS": "1"}
    _nasattn(alone, "search", study, *words)
    there = {**alone, "NASATTN_RUNS": str(home / "b" / "runs"), "NASATTN_STORAGE": server.url}
    said = {"first": first.said(), "second": second.said()}
    after = said["second"].partition("goes on after epoch ")[2].partition(" ")[0]
    return Moved(
        trial=_trial(there, server),
        alone=_trial(alone, None),
        before=before,
        went_on_after=int(after or 0),
        seconds=seconds,
        said=said,
        left=[path.name for path in store.iterdir()],
    )


def _nasattn(env: dict[str, str], *words: object) -> str:
    line = [sys.executable, "-m", "nasattn", *map(str, words)]
    return subprocess.run(line, env=env, check=True, capture_output=True, text=True).stdout


def _trial(env: dict[str, str], server: Server | None) -> dict[str, Any]:
    storage = ("--storage", server.url) if server else ()
    (found,) = json.loads(_nasattn(env, "trials", _NAME, "--json", *storage))["trials"]
    assert isinstance(found, dict)
    return found

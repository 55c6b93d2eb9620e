"""A Ray cluster of one's own: several nodes on this machine, each of which can be lost."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.postgresql import free_port

_RAY = Path(sys.executable).with_name("ray")
# Nothing that is tested needs more.
_SMALL = ("--object-store-memory=80000000", "--disable-usage-stats")
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
# A process namespace, so that all its processes end with the first, and folders of its own.
_APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


# Ends when the cluster has so many nodes.
_COUNT = """
import logging, sys, time, ray
ray.init(sys.argv[1], log_to_driver=False, logging_level=logging.CRITICAL)
while sum(node["Alive"] for node in ray.nodes()) != int(sys.argv[2]):
    time.sleep(0.1)
"""


class Node:
    """A node: `ray start` and all that it starts.

    Args:
        words: What `ray start` is told.
        hides: A folder in the place of which it has an empty one of its own: it is then as
            another machine; needs root.
    """

    def __init__(self, *words: str, hides: Path | None = None) -> None:
        self.hides = hides
        line = [str(_RAY), "start", "--block", *words]
        if hides is not None:
            mount = f'mount -t tmpfs none "{hides}" && exec "$@"'
            line = [*_APART, "sh", "-c", mount, "sh", *line]
        self._process = subprocess.Popen(
            line,
            env={**os.environ, **QUIET},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def has_ended(self) -> bool:
        """Return whether it could not start, or was lost."""
        return self._process.poll() is not None

    @property
    def worker(self) -> int | None:
        """Return the process that trains on it, if one does."""
        found = _descendants(self._process.pid)
        return next((pid for pid in found if _words(pid)[-2:] == ["nasattn", "member"]), None)

    def lose(self) -> None:
        """Kill all of it at once."""
        for pid in (self._process.pid, *_descendants(self._process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()


class Cluster:
    """A head that trains nothing, and other nodes.

    Attributes:
        address: Of the head.
        folder: Where all nodes have their logs.
    """

    def __init__(self) -> None:
        # Not pytest's: the path of a socket may not be long.
        self.folder, port = Path(tempfile.mkdtemp(prefix="ray-")), free_port()
        self.address = f"127.0.0.1:{port}"
        place = ("--node-ip-address=127.0.0.1", f"--port={port}", f"--temp-dir={self.folder}")
        words = ("--include-dashboard=false", "--num-cpus=0")
        self._nodes = [Node("--head", *place, *words, *_SMALL)]
        self._wait_for(1)

    def busy(self) -> Node:
        """Return a node on which a worker trains."""
        return next(node for node in self._nodes if node.worker)

    def fill(self, number: int, hides: Path | None) -> None:
        """Let there be so many nodes beside the head, with room for one worker each.

        Args:
            number: How many.
            hides: As for `Node`: those that hide something else are lost.
        """
        head, *others = self._nodes
        for node in others:
            if node.hides != hides:
                node.lose()
        self._nodes = [head, *(node for node in others if not node.has_ended)]
        while len(self._nodes) < 1 + number:
            place = (f"--address={self.address}", "--node-ip-address=127.0.0.1", "--num-cpus=1")
            self._nodes.append(Node(*place, *_SMALL, hides=hides))
            self._wait_for(len(self._nodes))  # two at once would take the same ports

    def _wait_for(self, number: int) -> None:
        words = [sys.executable, "-c", _COUNT, self.address, str(number)]
        env = {**os.environ, **QUIET}
        subprocess.run(words, env=env, check=True, timeout=120, capture_output=True)

    def remove(self) -> None:
        """Stop it for good."""
        for node in reversed(self._nodes):
            node.lose()
        shutil.rmtree(self.folder, ignore_errors=True)


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")[:-1]
    except OSError:
        return []


def _descendants(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return []
    children = [int(child) for child in found]
    return [*children, *(grandchild for child in children for grandchild in _descendants(child))]

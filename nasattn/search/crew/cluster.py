"""A crew on the nodes of a Ray cluster."""

import logging
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from warnings import catch_warnings

from nasattn.errors import FailedError, StoppedError, UserError
from nasattn.extras import import_extra
from nasattn.records.database import first_line
from nasattn.records.rows import is_sqlite
from nasattn.search.crew.hand import REPLY_SECONDS, Hand, Heard
from nasattn.search.crew.head import Head, answers
from nasattn.search.crew.link import Link
from nasattn.search.crew.orders import Orders
from nasattn.search.working.running import OpenStudy

ENGINE = "--engine ray"
_ADDRESS_VARIABLE = "RAY_ADDRESS"
_LOOK_SECONDS = 5.0
# A hand of which nothing was heard for so long is not there to be waited for.
_LOST_SECONDS = 30 * REPLY_SECONDS
# Beside `hear`, which waits, there is `leave`, and either may be asked twice.
_CALLS_AT_ONCE = 4

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Ray cluster that this process is connected to.

    Attributes:
        ray: The library.
        device: Where workers train: ``cuda``, one GPU for each, or ``cpu``.
        workers: How many there are; None is as many as there is room for.
        head: Its head.
    """

    ray: Any
    device: str
    workers: int | None
    head: Head

    @property
    def device_here(self) -> str:
        """Return the device of the process that makes the study and trains nothing."""
        return "auto" if self.device == "cuda" else self.device

    def check_reaches(self, kept: str | Path | None) -> None:
        """Refuse a study that not all nodes can reach.

        Args:
            kept: Where it is: a URL, or a file; None is the run folder.

        Raises:
            UserError: it is an SQLite file, and there are other machines.
        """
        others = {str(node["NodeManagerHostname"]) for node in self._nodes()}
        others.discard(socket.gethostname())
        if others and (kept is None or is_sqlite(kept)):
            raise UserError(
                f"{ENGINE}: the cluster has other machines ({', '.join(sorted(others))}), and the "
                "study is kept in an SQLite file of this one; --storage postgresql://… is for all"
            )

    def start(self, study: OpenStudy, orders: Orders) -> list[Link]:
        """Start the workers, spread over the nodes; those without room wait for it.

        Raises:
            UserError: no node has room for one.
        """
        cpus, gpus = study.material.settings.execution.threads, int(self.device == "cuda")
        has_room = room(self._nodes(), cpus, gpus)
        if not has_room:
            wanted = f"{cpus} CPUs (execution.threads)" + (" and a GPU" if gpus else "")
            raise UserError(f"{ENGINE}: no node of the cluster has {wanted}")
        workers = self.workers or has_room
        if workers > has_room:
            study.session.observer.note(
                f"the Ray cluster has room for {has_room} of {workers} workers: the others wait"
            )
        hand = self.ray.remote(Hand).options(
            num_cpus=cpus,
            num_gpus=gpus,
            max_restarts=-1,
            max_task_retries=-1,
            max_concurrency=_CALLS_AT_ONCE,
            scheduling_strategy="SPREAD",
        )
        orders = replace(orders, device=self.device)
        home = str(Path.cwd())
        return [Remote(self.ray, hand.remote(orders, home), self.head) for _ in range(workers)]

    def _nodes(self) -> list[Node]:
        return [node for node in self.ray.nodes() if node["Alive"]]


def connect(address: str | None, device: str, workers: int | None) -> Cluster:
    """Connect to a Ray cluster; start one on this machine where there is none.

    Args:
        address: As the user gave it: ``HOST:PORT``, or None for RAY_ADDRESS, one that runs on
            this machine, or one that is started here.
        device: As the user gave it: ``auto`` is GPUs where the cluster has any.
        workers: As for `Cluster`.

    Raises:
        UserError: Ray is not installed, no cluster is there, or it has no such device.
    """
    if device not in {"auto", "cuda", "cpu"}:
        raise UserError(f"{ENGINE}: --device {device}: Ray deals out GPUs: auto, cuda or cpu")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray = import_extra("ray", "ray", ENGINE)
    given = address or os.environ.get(_ADDRESS_VARIABLE, "")
    _keep_quiet()
    try:
        answers(given)  # Ray itself would try for minutes
        with catch_warnings(action="ignore"):
            ray.init(
                address,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
            )
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or first_line(error)
        raise UserError(f"{ENGINE}: {given or 'no cluster'}: {why}") from None
    has_gpus = ray.cluster_resources().get("GPU", 0) >= 1
    if device == "cuda" and not has_gpus:
        raise UserError(f"{ENGINE}: --device cuda: the cluster has no GPU")
    head = Head(given if "://" in given else ray.get_runtime_context().gcs_address)
    return Cluster(ray, "cuda" if has_gpus and device != "cpu" else "cpu", workers, head)


def _keep_quiet() -> None:
    """Let Python alone write to standard error: Ray's own threads do so by its number."""
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="replace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def room(nodes: Sequence[Node], cpus: int, gpus: int) -> int:
    """Return how many workers the nodes have room for.

    Args:
        nodes: As ``ray.nodes()`` tells of them.
        cpus: Of one worker.
        gpus: Of one worker.
    """

    def fits(resources: Mapping[str, float]) -> int:
        of_gpus = resources.get("GPU", 0) // gpus if gpus else inf
        return int(min(resources.get("CPU", 0) // cpus, of_gpus))

    return sum(fits(node["Resources"]) for node in nodes)


class Remote:
    """A worker whose process a `Hand` on some node runs; a `Link`.

    Args:
        ray: The library.
        hand: The actor.
        head: Of the cluster.
    """

    def __init__(self, ray: Any, hand: Any, head: Head) -> None:
        self._ray, self._hand, self._head = ray, hand, head
        self._code: int | None = None
        self._token, self._heard = "", -inf
        self._is_dismissed = self._is_missed = False

    @property
    def code(self) -> int | None:
        """Return the exit code, as `Link` says."""
        return self._code

    def lines(self) -> Iterator[str]:
        """Yield what it says, and where it was lost and started again."""
        asked = None
        while self._code is None:
            try:
                asked = self._hand.hear.remote() if asked is None else asked
                heard = self._ray.get(asked, timeout=_LOOK_SECONDS)
            except self._ray.exceptions.GetTimeoutError:
                yield from self._missed()
            except Exception as error:  # a RayError, or what the connection to the cluster raises
                yield from self._ended_by(error)
            else:
                yield from self._told(heard)
                asked = None
            if self._code is None and self._head.is_lost():
                yield "the head of the Ray cluster does not answer"
                self._code = FailedError.exit_code
                return
        self._ray.kill(self._hand)  # its room is for those that wait

    def _missed(self) -> Iterator[str]:
        is_lost = self._token and monotonic() - self._heard > _LOST_SECONDS
        if is_lost and not self._is_missed:
            self._is_missed = True
            yield "lost with its node; Ray starts it again where there is room"

    def _ended_by(self, error: Exception) -> Iterator[str]:
        if not self._is_dismissed:
            yield f"Ray: {first_line(error)}"
        self._code = (StoppedError if self._is_dismissed else FailedError).exit_code

    def _told(self, heard: Heard) -> Iterator[str]:
        self._heard, self._is_missed = monotonic(), False
        if self._token not in {"", heard.token}:
            yield f"started again on {heard.node}: its node or its process was lost"
            if self._is_dismissed:  # which the new one does not know
                self._hand.leave.remote()
        self._token = heard.token
        yield from heard.lines
        self._code = heard.code

    def dismiss(self) -> None:
        """Ask it to pause its trial and to leave."""
        self._is_dismissed = True
        if self._code is None:
            self._hand.leave.remote()

    def wait(self) -> None:
        """Wait until it has ended, unless nothing is heard of it."""
        while self._code is None and monotonic() - self._heard < _LOST_SECONDS:
            sleep(0.05)
        if self._code is None:
            self._ray.kill(self._hand)

"""What needs no cluster of the workers on one: who is refused, how many there are, what is told."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nasattn.errors import UserError
from nasattn.search.crew import cluster, head
from nasattn.search.crew.cluster import Cluster, Remote, room
from nasattn.search.crew.hand import Hand, Heard
from nasattn.search.crew.head import Head
from nasattn.search.crew.orders import Orders
from tests.postgresql import free_port
from tests.search.tiny import fail, write_study

HEAD = Head("")  # of no address: never asked, never lost
ORDERS = Orders("none", None, "nowhere", None, "", tensorboard=False)


def node(host: str = "here", **resources: float) -> dict[str, Any]:
    return {"Alive": True, "NodeManagerHostname": host, "Resources": resources}


@pytest.mark.parametrize(
    ("nodes", "cpus", "gpus", "workers"),
    [
        ([], 1, 0, 0),
        ([node(CPU=8.0)], 1, 0, 8),
        ([node(CPU=8.0)], 3, 0, 2),
        ([node(CPU=3.0), node(CPU=3.0)], 2, 0, 2),
        ([node(CPU=8.0)], 1, 1, 0),
        ([node(CPU=8.0, GPU=2.0)], 1, 1, 2),
        ([node(CPU=8.0, GPU=2.0), node(CPU=1.0, GPU=4.0), node(GPU=1.0)], 1, 1, 3),
    ],
)
def test_a_worker_fits_where_one_node_has_all_it_needs(
    nodes: list[dict[str, Any]], cpus: int, gpus: int, workers: int
) -> None:
    assert room(nodes, cpus, gpus) == workers


def cluster_of(*nodes: dict[str, Any]) -> Cluster:
    return Cluster(SimpleNamespace(nodes=lambda: list(nodes)), "cpu", None, HEAD)


@pytest.mark.parametrize("kept", [None, Path("study.db"), "sqlite:////shared/study.db"])
def test_a_file_is_not_for_several_machines(kept: Path | str | None) -> None:
    here, other = node(socket.gethostname()), node("other")
    cluster_of(here, here).check_reaches(kept)
    cluster_of(here, {**other, "Alive": False}).check_reaches(kept)
    with pytest.raises(UserError, match=r"other machines \(other\).*--storage postgresql://"):
        cluster_of(here, other).check_reaches(kept)


def test_a_server_is_for_several_machines() -> None:
    cluster_of(node("one"), node("other")).check_reaches("postgresql://host/studies")


def test_wrong_options_are_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("search", write_study(tmp_path), "--runs-dir", tmp_path / "runs")
    assert "give --engine ray too" in fail(*words, "--address", "head:6379")
    assert 'no engine "rai" in --engine; known: ray; did you' in fail(*words, "--engine", "rai")
    ray = (*words, "--engine", "ray")
    assert "Ray deals out GPUs" in fail(*ray, "--device", "cuda:1")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["nasattn", "--storage=postgresql://ann:battery@host/x"])
        said = fail(*ray)
        assert "leave it to NASATTN_STORAGE" in said
        assert "battery" not in said
    monkeypatch.setitem(sys.modules, "ray", None)
    assert "--engine ray needs ray" in fail(*ray)
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace())
    monkeypatch.setattr(cluster, "_keep_quiet", lambda: None)
    nobody = f"127.0.0.1:{free_port()}"
    assert f"{nobody}: Connection refused" in fail(*ray, "--address", nobody)
    monkeypatch.setenv("RAY_ADDRESS", f"ray://{nobody}")
    assert f"ray://{nobody}: Connection refused" in fail(*ray)
    assert not (tmp_path / "runs").exists()


class LostError(Exception):
    pass


class LateError(LostError):
    pass


class FakeRay:
    """Stands in for the library, for what no cluster does when a test wants it."""

    exceptions = SimpleNamespace(RayError=LostError, GetTimeoutError=LateError)

    def __init__(self, *answers: Heard | Exception) -> None:
        self._answers, self.killed = list(answers), 0
        self.asked_to_leave = 0
        self.hear = SimpleNamespace(remote=lambda: "what it says")
        self.leave = SimpleNamespace(remote=self._left)

    def _left(self) -> None:
        self.asked_to_leave += 1

    def get(self, asked: object, timeout: float) -> Heard:
        assert (asked, timeout > 0) == ("what it says", True)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def kill(self, _: object) -> None:
        self.killed += 1


def heard(token: str, *lines: str, code: int | None = None) -> Heard:
    return Heard(token, f"node-{token}", lines, code)


def told(ray: FakeRay) -> tuple[list[str], int | None]:
    remote = Remote(ray, ray, HEAD)
    return list(remote.lines()), remote.code


def test_what_a_worker_says_is_passed_on_to_its_exit_code() -> None:
    ray = FakeRay(heard("a"), heard("a", "one", "two"), heard("a", "three", code=2))
    assert told(ray) == (["one", "two", "three"], 2)
    assert ray.killed == 1, "its room is for others"


def test_a_worker_that_is_lost_and_started_again_is_told_once_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "_LOST_SECONDS", 0.0)
    late = LateError("no answer")
    lines, code = told(FakeRay(late, heard("a"), late, late, heard("b", "on"), heard("b", code=0)))
    assert lines == [
        "lost with its node; Ray starts it again where there is room",
        "started again on node-b: its node or its process was lost",
        "on",
    ]
    assert code == 0


def test_workers_of_a_lost_head_have_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        lost = Head(f"127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(head, "_PROBE_SECONDS", 0.05)
        monkeypatch.setattr(head, "_GONE_SECONDS", 0.1)
        time.sleep(0.2)
        assert not lost.is_lost(), "it answers"
    time.sleep(0.2)
    ray = FakeRay(heard("a"))
    remote = Remote(ray, ray, lost)
    assert list(remote.lines()) == ["the head of the Ray cluster does not answer"]
    assert remote.code == 1


def test_a_worker_that_ray_gives_up_has_failed_with_its_words() -> None:
    lines, code = told(FakeRay(LostError("no module named nasattn\ntraceback")))
    assert (lines, code) == (["Ray: no module named nasattn"], 1)


def test_one_that_is_started_again_while_all_leave_is_asked_to_leave_too() -> None:
    ray = FakeRay(heard("a", "one"), heard("b"), heard("b", code=130))
    remote = Remote(ray, ray, HEAD)
    lines = remote.lines()
    assert next(iter(lines)) == "one"
    remote.dismiss()
    assert [*lines] == ["started again on node-b: its node or its process was lost"]
    assert (ray.asked_to_leave, remote.code) == (2, 130)


def test_a_connection_that_breaks_ends_the_worker_in_words() -> None:
    lines, code = told(FakeRay(heard("a"), ConnectionError("the client has gone")))
    assert (lines, code) == (["Ray: the client has gone"], 1)


def test_a_worker_without_room_is_not_waited_for() -> None:
    ray = FakeRay(LostError("killed"))
    remote = Remote(ray, ray, HEAD)
    remote.dismiss()
    remote.wait()
    assert ray.killed == 1
    assert list(remote.lines()) == []
    assert remote.code == 130


@pytest.mark.slow
def test_a_hand_tells_why_its_worker_has_ended(tmp_path: Path) -> None:
    hand = Hand(ORDERS, str(tmp_path))
    lines: list[str] = []
    while (news := hand.hear()).code is None:
        lines += news.lines
    hand.leave()
    assert news.code == 2
    assert any("no study" in line for line in (*lines, *news.lines))


def test_a_password_does_not_show_in_what_python_says_of_orders() -> None:
    orders = Orders("study", "", "runs", "postgresql://ann:battery@host/x", "", tensorboard=False)
    assert "battery" not in repr(orders)
    assert b"battery" in orders.line


def test_an_actor_of_ray_imports_nothing_heavy() -> None:
    script = """
import sys
import nasattn.search.crew.hand
assert not {"torch", "optuna", "numpy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)

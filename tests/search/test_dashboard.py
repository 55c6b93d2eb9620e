"""``nasattn dashboard``: optuna-dashboard's own server, on a real study, for looking only."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nasattn.errors import UserError
from nasattn.search.dashboard import Dashboard
from tests.search.tiny import STUDY, nasattn, trials, write_study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dashboard")
    done = nasattn("search", write_study(folder, STUDY), runs=folder / "runs")
    assert done.returncode == 0, done.stderr
    return folder / "runs"


@pytest.fixture(scope="module")
def url(runs: Path) -> Iterator[str]:
    """The address of a dashboard that answers."""
    dashboard = Dashboard(runs, "tiny", None, host="127.0.0.1", port=0)
    threading.Thread(target=dashboard.serve, daemon=True).start()
    yield dashboard.url
    dashboard._server.shutdown()


def asked(url: str, path: str, method: str = "GET") -> Any:
    base, _, _ = url.partition("/dashboard/")
    request = urllib.request.Request(f"{base}{path}", method=method)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.loads(answer.read())


# What the dashboard computes within this process warns of studies with conditions (2026-11).
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_it_shows_the_study_with_its_objectives_and_trials(url: str, runs: Path) -> None:
    shown = asked(url, "/api/studies/1")
    assert shown["name"] == "tiny"
    assert shown["objective_names"] == ["accuracy", "flops"]
    told = {tuple(trial["values"]) for trial in shown["trials"]}
    assert told == {(t["accuracy"], t["flops"]) for t in trials("tiny", runs)}
    assert asked(url, "/api/studies/1/param_importances?evaluator=ped_anova")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/studies/1"),
        ("POST", "/api/studies/1/rename"),
        ("POST", "/api/trials/1/tell"),
        ("PUT", "/api/studies/1/note"),
    ],
)
def test_it_changes_nothing(url: str, runs: Path, method: str, path: str) -> None:
    before = trials("tiny", runs)
    with pytest.raises(urllib.error.HTTPError) as refused:
        asked(url, path, method)
    assert refused.value.code == 403
    assert trials("tiny", runs) == before


def test_a_port_that_is_taken_is_named(runs: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"--port {port}: cannot be listened at"):
            Dashboard(runs, "tiny", None, host="127.0.0.1", port=port)


def test_there_must_be_a_study(runs: Path) -> None:
    with pytest.raises(UserError, match='no study "tinny"'):
        Dashboard(runs, "tinny", None, host="127.0.0.1", port=0)

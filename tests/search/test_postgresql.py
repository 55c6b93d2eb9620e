"""A study in PostgreSQL: worked on from several machines' folders, and steered."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forking import Forked
from tests.postgresql import SECRET, Server
from tests.search.steering import bits
from tests.search.tiny import STUDY, numbers, write_study

pytestmark = pytest.mark.services

GRID = STUDY.replace('"random"', '"grid"')
LONG = GRID.replace("epochs = 2", "epochs = 20000")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server(fsync="off")
    yield running
    running.remove()


class Machine:
    """A folder of runs, and an environment, of its own."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self._url = home, url
        self._started: list[Forked] = []
        home.mkdir()

    def start(self, *words: object) -> Forked:
        own = {"NASATTN_RUNS": str(self.home / "runs"), "NASATTN_STORAGE": self._url}
        self._started.append(Forked(*words, env={**os.environ, **own}, cwd=self.home))
        return self._started[-1]

    def turn_off(self) -> None:
        """Leave no process behind, whatever a test has come to."""
        for running in self._started:
            running.kill()

    def run(self, *words: object, code: int = 0) -> tuple[str, str]:
        running = self.start(*words)
        out, err = running.communicate()
        assert running.returncode == code, err
        assert SECRET not in out + err
        return out, err

    def trials(self, name: str) -> list[dict[str, Any]]:
        out, _ = self.run("trials", name, "--json")
        found: list[dict[str, Any]] = json.loads(out)["trials"]
        return found


def wait_for(what: str, is_there: Callable[[], bool], seconds: float = 120) -> None:
    limit = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < limit, what
        time.sleep(0.1)


@pytest.fixture
def machines(server: Server, tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    both = Machine(tmp_path / "first", server.url), Machine(tmp_path / "second", server.url)
    yield both
    for machine in both:
        machine.turn_off()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def epochs(server: Server, name: str) -> dict[int, int]:
    """Return how many epochs the running trials of a study have."""
    found = server.asked(
        f"""SELECT r.value_json, c.value_json FROM studies s
        JOIN trials t ON t.study_id = s.study_id AND t.state = 'RUNNING'
        JOIN trial_user_attributes r ON r.trial_id = t.trial_id AND r.key = 'nasattn:trial'
        JOIN trial_user_attributes c ON c.trial_id = t.trial_id AND c.key = 'nasattn:curve'
        WHERE s.study_name = '{name}'"""  # noqa: S608 - the tests' own names
    )
    return {json.loads(str(r))["trial"]: len(json.loads(str(c))) for r, c in found}


def test_a_study_in_a_server_is_what_it_is_in_a_file(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    first, second = machines
    first.run("search", write_study(tmp_path), "--name", "same")
    alone = Machine(tmp_path / "alone", "")
    alone.run("search", write_study(tmp_path), "--name", "same")
    found = first.trials("same")
    assert numbers(found) == numbers(alone.trials("same"))
    second.run("worker", "same")
    assert second.trials("same") == found
    for command in ("pareto", "show"):
        words = (command, "same", *(["2"] if command == "show" else []), "--json")
        assert first.run(*words) == second.run(*words)


def test_another_machine_joins_with_the_definition_from_the_storage(
    machines: tuple[Machine, Machine], server: Server, tmp_path: Path
) -> None:
    first, second = machines
    study = write_study(tmp_path, GRID.replace("epochs = 2", "epochs = 15"))
    both = [first.start("search", study, "--name", "joined", "--trials", 8)]
    wait_for("the first trial", lambda: bool(epochs(server, "joined")))
    both.append(second.start("worker", "joined"))
    for running in both:
        _, err = running.communicate()
        assert running.returncode == 0, err
    found = first.trials("joined")
    assert [(t["trial"], t["state"], t["attempt"]) for t in found] == [
        (number, "complete", 1) for number in range(8)
    ]
    trained = [{p.name for p in (m.home / "runs/joined/trials").iterdir()} for m in machines]
    assert all(trained)
    assert not trained[0] & trained[1]
    alone = Machine(tmp_path / "alone", "")
    alone.run("search", study, "--name", "joined", "--trials", 8)
    assert [*map(bits, found)] == [*map(bits, alone.trials("joined"))]
    first.run("resume", "joined", "--trials", 9)
    second.run("worker", "joined")
    assert "trials = 9" in (second.home / "runs/joined/study.toml").read_text()


def test_workers_on_other_machines_are_steered(
    machines: tuple[Machine, Machine], server: Server, tmp_path: Path
) -> None:
    first, second = machines
    searching = first.start("search", write_study(tmp_path, LONG), "--name", "steered")
    wait_for("the baseline", lambda: epochs(server, "steered").get(0, 0) > 1)
    joined = second.start("worker", "steered", "--workers", 2)
    wait_for("three trials", lambda: len([n for n in epochs(server, "steered").values() if n]) == 3)
    out, _ = first.run("prune", "steered", 1, 2)
    assert "trial 2 pruned" in out
    watching = second.start("trials", "steered", "--watch", "--json")
    wait_for("two others", lambda: set(epochs(server, "steered")) == {0, 3, 4})
    assert "by hand" in second.run("show", "steered", 1)[0]
    second.run("stop", "steered")
    for running in (searching, joined):
        assert running.wait() == 130
    watching.send_signal(signal.SIGINT)
    out, _ = watching.communicate()
    assert [json.loads(line)["study"] for line in out.splitlines()]
    assert {t["state"] for t in first.trials("steered")} == {"paused", "pruned"}
    second.run("invalidate", "steered", 1, "--why", "a test")
    assert first.trials("steered")[1]["state"] == "invalid"
    first.run("invalidate", "steered", 1, "--undo")
    assert server.sql("SELECT count(*) FROM study_user_attributes WHERE key LIKE '%worker:%'") == [
        (0,)
    ]


def test_other_data_are_refused(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    import numpy as np

    first, second = machines
    chance = np.random.default_rng(0)

    def write(path: Path) -> None:
        images = chance.integers(0, 255, (60, 8, 8), dtype=np.uint8)
        labels = np.arange(60) % 3
        trained = {"train_images": images, "train_labels": labels}
        np.savez(path, **trained, test_images=images[:30], test_labels=labels[:30])

    write(first.home / "data.npz")
    study = GRID.replace('name = "digits"', 'name = "npz"\nroot = "data.npz"')
    path = write_study(first.home, study.replace("limit = 160", "limit = 40"))
    first.run("search", path, "--name", "data", "--trials", 1)
    (first.home / "data.npz").rename(second.home / "moved.npz")
    _, err = second.run("worker", "data", code=2)
    assert "--data PATH says where that is here" in err
    second.run("worker", "data", "--data", "moved.npz")
    write(second.home / "other.npz")
    _, err = second.run("worker", "data", "--data", "other.npz", code=2)
    assert "the images of data set npz have changed" in err


def test_a_study_of_another_definition_is_not_mixed_up(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    first, second = machines
    first.run("search", write_study(tmp_path), "--name", "mixed", "--trials", 1)
    _, err = second.run("search", tmp_path / "tiny.toml", "--name", "mixed", "--epochs", 3, code=2)
    assert "recipe.epochs was 2, now 3" in err
    _, err = second.run("worker", "mixd", code=2)
    assert 'did you mean "mixed"?' in err

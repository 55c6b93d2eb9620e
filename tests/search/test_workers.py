"""Worker processes on one study: real trainings, real signals, real kills."""

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nasattn.records.rows import PATIENCE_S
from nasattn.search.ledger.watch import QUIET_SECONDS
from tests.search.crews import GRID, LONG, CrewSuite, wait_for
from tests.search.steering import bits
from tests.search.tiny import STUDY, command, nasattn, numbers, trials, write_study

pytestmark = pytest.mark.slow


def start(*words: object, runs: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(*words),
        env={**os.environ, "NASATTN_RUNS": str(runs)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def children(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []
    return [int(child) for child in found]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def is_suspended(pid: int) -> bool:
    """Return whether every thread has stopped: a signal is answered a moment after it is sent."""
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(thread.read_text().rpartition(")")[2].split()[0] == "T" for thread in threads)


def suspend(pid: int, database: Path) -> None:
    """Suspend a process, but not amid a read or a write, which would keep SQLite locked."""
    for _ in range(100):
        os.kill(pid, signal.SIGSTOP)
        wait_for("it stops", lambda: is_suspended(pid))
        with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection:
            try:
                # Not IMMEDIATE, which a reader does not hinder; the others' commits it does.
                connection.execute("BEGIN EXCLUSIVE")
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
            else:
                return
        time.sleep(0.01)
    pytest.fail("it always has the database open")


def epochs(runs: Path, trial: int) -> int:
    history = runs / "tiny" / "trials" / str(trial) / "history.jsonl"
    return history.read_bytes().count(b"\n") if history.is_file() else 0


def without_seconds(found: list[dict[str, Any]]) -> dict[tuple[str, int], Any]:
    """Return the curves by what was trained."""
    return {(trial["digest"], trial["repeat"]): bits(trial) for trial in found}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def two(tmp_path: Path, runs: Path) -> Iterator["subprocess.Popen[str]"]:
    """Return a search by two workers, each of which has begun a trial."""
    running = start("search", write_study(tmp_path, LONG), "--workers", 2, runs=runs)
    wait_for("two trials", lambda: all(epochs(runs, trial) > 1 for trial in (0, 1)))
    yield running
    running.kill()
    running.communicate()


class TestOwnProcesses(CrewSuite):
    @pytest.fixture
    def crew(self) -> tuple[object, ...]:
        return ("--workers", 2)


def test_two_workers_reach_by_chance_what_one_does_to_the_bit(tmp_path: Path, runs: Path) -> None:
    study = STUDY.replace("trials = 5", "trials = 9\nrepeats = 2")
    path = write_study(tmp_path, study)
    assert nasattn("search", path, runs=tmp_path / "alone").returncode == 0
    both = nasattn("search", path, "--workers", 2, runs=runs)
    assert both.returncode == 0, both.stderr
    assert "baseline" in both.stdout
    found, alone = trials("tiny", runs), trials("tiny", tmp_path / "alone")
    assert numbers(found) == numbers(alone)
    assert without_seconds(found) == without_seconds(alone)
    assert {trial["device"] for trial in found} == {"cpu"}


def test_two_searches_of_one_study_cooperate(tmp_path: Path, runs: Path) -> None:
    study = write_study(tmp_path, GRID.replace("epochs = 2", "epochs = 20"))
    both = [start("search", study, runs=runs) for _ in range(2)]
    for search in both:
        said, _ = search.communicate(timeout=300)
        assert search.returncode == 0, said
    found = trials("tiny", runs)
    assert [(t["trial"], t["state"], t["attempt"]) for t in found] == [
        (number, "complete", 1) for number in range(5)
    ]
    assert len({t["digest"] for t in found}) == 5
    alone = nasattn("search", study, runs=tmp_path / "alone")
    assert alone.returncode == 0
    assert without_seconds(found) == without_seconds(trials("tiny", tmp_path / "alone"))


def test_no_worker_outlives_a_killed_parent(two: "subprocess.Popen[str]", runs: Path) -> None:
    workers = children(two.pid)
    assert len(workers) == 2
    two.kill()
    wait_for("the workers leave", lambda: not any(map(is_running, workers)), 15)
    assert {(t["state"], t["reason"]) for t in trials("tiny", runs)} == {("paused", "interrupted")}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_trial_of_a_killed_worker_goes_on_in_another(
    two: "subprocess.Popen[str]", runs: Path, number: signal.Signals
) -> None:
    victim, _ = children(two.pid)
    os.kill(victim, number)
    for trial in (0, 1):  # whichever was whose: the survivor is free for the other's
        done = nasattn("prune", "tiny", trial, "--json", runs=runs)
        assert done.returncode == 0, done.stderr
    wait_for("another trial", lambda: epochs(runs, 2) > 1)
    found = trials("tiny", runs)
    assert [t["state"] for t in found] == ["pruned", "pruned", "running"]
    assert nasattn("stop", "tiny", runs=runs).returncode == 0
    said, _ = two.communicate(timeout=60)
    assert f"was ended by {number.name}" in said


def test_workers_outlast_a_database_that_is_locked_for_longer_than_a_reader_waits(
    two: "subprocess.Popen[str]", runs: Path
) -> None:
    database = runs / "tiny" / "study.db"
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(PATIENCE_S + 3)
        connection.execute("ROLLBACK")
    before = [epochs(runs, trial) for trial in (0, 1)]
    wait_for("both go on", lambda: all(epochs(runs, trial) > before[trial] + 1 for trial in (0, 1)))
    assert two.poll() is None
    assert {t["attempt"] for t in trials("tiny", runs)} == {1}


def test_a_worker_suspended_for_long_is_replaced_and_gives_way(
    two: "subprocess.Popen[str]", runs: Path
) -> None:
    sleeper, _ = children(two.pid)
    suspend(sleeper, runs / "tiny" / "study.db")
    before = [epochs(runs, trial) for trial in (0, 1)]
    wait_for("one goes on", lambda: [epochs(runs, trial) for trial in (0, 1)] != before)
    time.sleep(QUIET_SECONDS + 5)
    slept = min((0, 1), key=lambda trial: epochs(runs, trial) - before[trial])
    assert nasattn("prune", "tiny", 1 - slept, runs=runs).returncode == 0
    wait_for("the other goes on with it", lambda: trials("tiny", runs)[slept]["attempt"] == 2)
    wait_for("it trains", lambda: trials("tiny", runs)[slept]["epochs"] > before[slept] + 2)
    os.kill(sleeper, signal.SIGCONT)
    wait_for("the sleeper begins another trial", lambda: epochs(runs, 2) > 1)
    found = trials("tiny", runs)[slept]
    assert (found["state"], found["attempt"]) == ("running", 2)
    assert nasattn("stop", "tiny", runs=runs).returncode == 0
    said, _ = two.communicate(timeout=60)
    assert f"trial {slept} has gone on in another worker" in said
    curve = [epoch["epoch"] for epoch in trials("tiny", runs)[slept]["curve"]]
    assert curve == list(range(1, len(curve) + 1))
    assert epochs(runs, slept) == len(curve)


class Killing:
    """Lets a crew of two work, and kills one of its processes at a random moment."""

    def __init__(self, study: Path, runs: Path) -> None:
        self._runs = runs
        self._crew = start("search", study, "--workers", 2, runs=runs)
        wait_for("the workers", lambda: len(self.workers) == 2 or self.has_ended)
        self._workers = self.workers

    @property
    def workers(self) -> list[int]:
        return children(self._crew.pid)

    @property
    def has_ended(self) -> bool:
        return self._crew.poll() is not None

    def kill_one(self, chance: random.Random) -> bool:
        """Kill one that runs; False where all have ended first."""
        # Mostly in a training and after few epochs: to start takes longest, and the study must
        # not end before the last kill.
        if chance.random() < 0.8:
            wanted = self.epochs() + chance.randint(1, 15)
            wait_for("some epochs", lambda: self.epochs() >= wanted or self.has_ended)
            time.sleep(chance.uniform(0, 0.3))
        else:
            time.sleep(chance.uniform(0, 3))
        alive = [pid for pid in (self._crew.pid, *self._workers) if is_running(pid)]
        if self.has_ended or not alive:
            return False
        os.kill(chance.choice(alive), signal.SIGKILL)
        return True

    def epochs(self) -> int:
        found = self._runs.glob("tiny/trials/*/history.jsonl")
        return sum(history.read_bytes().count(b"\n") for history in found)

    def end(self) -> None:
        """Take care that nobody is left."""
        self._crew.kill()
        self._crew.communicate()
        wait_for("no orphan", lambda: not any(map(is_running, self._workers)), 60)


def test_killed_25_times_the_study_is_the_undisturbed_one(tmp_path: Path, runs: Path) -> None:
    sizes = GRID.replace("trials = 5", "trials = 21").replace("epochs = 2", "epochs = 60")
    study = write_study(tmp_path, sizes)
    assert nasattn("search", study, runs=tmp_path / "alone").returncode == 0
    chance, kills = random.Random(), 0
    while kills < 25:
        killing = Killing(study, runs)
        while kills < 25 and killing.kill_one(chance):
            kills += 1
        killing.end()
    before = [trial["state"] for trial in trials("tiny", runs)]
    assert before.count("complete") < 21, "all was done before the last kill"
    resumed = nasattn("resume", "tiny", "--workers", 2, runs=runs)
    assert resumed.returncode == 0, resumed.stderr
    found, alone = trials("tiny", runs), trials("tiny", tmp_path / "alone")
    assert [trial["trial"] for trial in found] == list(range(21))
    assert {trial["state"] for trial in found} == {"complete"}
    assert numbers(found) == numbers(alone)
    assert without_seconds(found) == without_seconds(alone)

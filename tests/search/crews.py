"""What holds of two workers on one study, whoever starts them and wherever they run."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forking import Forked
from tests.search.steering import bits
from tests.search.tiny import SPACE, STUDY, nasattn, numbers, start, trials, write_study

GRID = STUDY.replace('"random"', '"grid"')
# Eight architectures.
SMALL = (
    SPACE.replace('"block_end"\n', '"block_end"\nscope = "network"\n')
    .replace('"before_conv"\n', '"before_conv"\nscope = "network"\n')
    .replace(', "ortho"]', "]")
    .replace("ortho.ratio = [2, 4]\n", "")
)
# Longer than any test of it takes on a fast machine.
LONG = GRID.replace("epochs = 2", "epochs = 20000")


def wait_for(what: str, is_there: Any, seconds: float = 120) -> None:
    """Wait until it is so."""
    limit = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < limit, what
        time.sleep(0.05)


def running(runs: Path) -> dict[int, int]:
    """Return the epochs of the trials that run."""
    if not (runs / "tiny" / "study.toml").is_file():
        return {}
    return {t["trial"]: t["epochs"] for t in trials("tiny", runs) if t["state"] == "running"}


def run_well(*words: object, runs: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command that must succeed."""
    done = nasattn(*words, runs=runs)
    assert done.returncode == 0, done.stderr
    return done


def bits_by_trial(runs: Path) -> dict[int, Any]:
    """Return what must be the same when trials are repeated."""
    return {trial["trial"]: bits(trial) for trial in trials("tiny", runs)}


class CrewSuite:
    """Laws of two workers.

    A crew of its own kind inherits them by one fixture, ``crew``: the options of `search` and
    `resume` that ask for two workers.
    """

    @pytest.fixture
    def runs(self, tmp_path: Path) -> Path:
        return tmp_path / "runs"

    @pytest.fixture
    def two(self, tmp_path: Path, runs: Path, crew: tuple[object, ...]) -> Iterator[Forked]:
        """Return a search by two workers, each of which has begun a trial."""
        begun = start("search", write_study(tmp_path, LONG), *crew, runs=runs)
        wait_for("two trials", lambda: sum(epochs > 1 for epochs in running(runs).values()) == 2)
        yield begun
        begun.kill()
        begun.communicate()

    def test_a_grid_is_covered_once_and_to_the_bit_as_by_one(
        self, tmp_path: Path, runs: Path, crew: tuple[object, ...]
    ) -> None:
        sizes = GRID.replace("trials = 5", "trials = 1000\nrepeats = 2")
        study = write_study(tmp_path, sizes, SMALL)
        done = run_well("search", study, *crew, runs=runs)
        assert "every architecture within the budget has been trained" in done.stderr
        alone = tmp_path / "alone"
        run_well("search", study, "--storage", f"sqlite:///{tmp_path}/alone.db", runs=alone)
        found = trials("tiny", runs)
        assert numbers(found) == numbers(trials("tiny", alone))
        assert {t["attempt"] for t in found} == {1}
        assert len({(t["digest"], t["repeat"]) for t in found}) == len(found) == 16

    def test_two_workers_share_chosen_trials(
        self, tmp_path: Path, runs: Path, crew: tuple[object, ...]
    ) -> None:
        longer = STUDY.replace("epochs = 2", "epochs = 20")
        run_well("search", write_study(tmp_path, longer), runs=runs)
        before = bits_by_trial(runs)
        words = ["--trial", 1, "--trial", 2, "--trial", 3]
        again = run_well("resume", "tiny", *words, *crew, runs=runs)
        assert "trial 2 is complete: trained again as the recipe says" in again.stderr
        found = trials("tiny", runs)
        assert [(t["attempt"], t["state"]) for t in found] == [
            (attempt, "complete") for attempt in (1, 2, 2, 2, 1)
        ]
        assert bits_by_trial(runs) == before

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_asked_to_stop_all_workers_pause_their_trials(
        self, two: Forked, runs: Path, number: signal.Signals
    ) -> None:
        began = time.monotonic()
        two.send_signal(number)
        assert two.wait(60) == 130
        assert time.monotonic() - began < 15, "a scheduler gives 30 s"
        assert {(t["state"], t["reason"]) for t in trials("tiny", runs)} == {
            ("paused", "interrupted")
        }
        assert "no process is searching tiny" in run_well("stop", "tiny", runs=runs).stdout

    def test_stopped_from_another_terminal_all_workers_pause_their_trials(
        self, two: Forked, runs: Path
    ) -> None:
        assert "to go on: nasattn resume tiny" in run_well("stop", "tiny", runs=runs).stdout
        assert two.wait(60) == 130
        assert {(t["state"], t["reason"]) for t in trials("tiny", runs)} == {
            ("paused", "stopped by `nasattn stop`")
        }

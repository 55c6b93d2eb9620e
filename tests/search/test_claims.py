"""Processes that share a study: every trial is claimed once, by one of them."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from nasattn.records import Trial, load_study, load_trials
from nasattn.search.proposing.listing import list_architectures
from tests.search.test_proposing import SMALL, make
from tests.search.tiny import STUDY, write_study

EVERYTHING = STUDY.replace("trials = 5", "trials = 1000").replace('"random"', '"grid"')


def share(
    tmp_path: Path, processes: int, study: str = EVERYTHING, kills: int = 0
) -> tuple[Trial, ...]:
    """Let processes work on one study at once, and be killed; return its trials."""
    runs = tmp_path / "runs"
    path = write_study(tmp_path, study, SMALL)
    words = (path, runs, processes, kills)
    script = [sys.executable, "-m", "tests.search.many", *map(str, words)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return load_trials(load_study(runs, "tiny"), curves=True)


def trainings(tmp_path: Path) -> Counter[str]:
    written = (tmp_path / "runs" / "tiny" / "trained.txt").read_text(encoding="utf-8")
    return Counter(written.splitlines())


def check_grid(tmp_path: Path, found: tuple[Trial, ...]) -> None:
    """Check that every architecture is one complete trial, and that the numbers have no gap."""
    material = make(tmp_path, SMALL)
    assert material.space is not None
    listed = list_architectures(material.space, material.model, {}, check=lambda: None)
    assert Counter(trial.digest for trial in found) == Counter(a.digest for a, _ in listed)
    assert [trial.trial for trial in found] == list(range(len(found)))
    assert {trial.state for trial in found} == {"complete"}


@pytest.mark.slow
def test_a_grid_is_covered_once_by_processes_that_are_killed(tmp_path: Path) -> None:
    check_grid(tmp_path, share(tmp_path, 2, kills=2))


@pytest.mark.slow
def test_a_grid_is_covered_and_trained_once_by_eight_at_once(tmp_path: Path) -> None:
    found = share(tmp_path, 8)
    check_grid(tmp_path, found)
    assert {trial.attempt for trial in found} == {1}
    assert set(trainings(tmp_path).values()) == {1}


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_repeats_are_claimed_once_and_no_trial_is_one_too_many(
    tmp_path: Path, sampler: str
) -> None:
    study = STUDY.replace("trials = 5", "trials = 21\nrepeats = 2").replace(
        '"random"', f'"{sampler}"'
    )
    found = share(tmp_path, 8, study)
    assert [trial.trial for trial in found] == list(range(21))
    assert {(trial.state, trial.attempt) for trial in found} == {("complete", 1)}
    claims = [(trial.digest, trial.repeat) for trial in found]
    assert len(set(claims)) == 21
    assert trainings(tmp_path) == Counter(f"{digest} {repeat}" for digest, repeat in claims)

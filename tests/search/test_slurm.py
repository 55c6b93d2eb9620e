"""The example for Slurm: SIGTERM pauses the trial, the task is queued again and goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from nasattn.report.live import make_observer
from nasattn.search.opening import search
from nasattn.search.study.session import Session
from nasattn.search.study.study_file import read_study_file
from nasattn.search.working.running import Outcome
from tests.forking import ROOT
from tests.search.steering import bits, run
from tests.search.tiny import STUDY, write_study

pytestmark = pytest.mark.slow

SCRIPT = ROOT / "studies" / "slurm.sh"


class Task:
    """One task of an array, as Slurm starts it; `scontrol` only writes down what it is told."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.storage = f"sqlite:///{home / 'shared.db'}"
        programs = home / "bin"
        programs.mkdir()
        for name, line in (
            ("nasattn", f'exec {sys.executable} -m nasattn "$@"'),
            ("scontrol", f'echo "$@" >> {home / "scontrol.txt"}'),
        ):
            (programs / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
            (programs / name).chmod(0o755)

    def start(self, number: int) -> "subprocess.Popen[str]":
        own = {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "NASATTN_STORAGE": self.storage,
            "NASATTN_RUNS": str(self.home / f"node{number}"),
            "SLURM_JOB_ID": "17",
            "SLURM_ARRAY_JOB_ID": "15",
            "SLURM_ARRAY_TASK_ID": "2",
        }
        return subprocess.Popen(
            ["/bin/bash", SCRIPT, "tiny"],
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def asked(self) -> str:
        """Return what `scontrol` was told."""
        file = self.home / "scontrol.txt"
        return file.read_text() if file.is_file() else ""


def test_a_task_that_is_terminated_pauses_its_trial_and_another_goes_on(tmp_path: Path) -> None:
    task = Task(tmp_path)
    study = write_study(tmp_path, STUDY.replace("epochs = 2", "epochs = 300"))
    shared = {"storage": task.storage, "artifacts": str(tmp_path / "artifacts"), "trials": 1}
    session = Session(tmp_path / "login", torch.device("cpu"), make_observer(), lambda: None)
    search(*read_study_file(study, shared), str(study), session, lambda _: Outcome.DONE)
    first = task.start(1)
    history = tmp_path / "node1/tiny/trials/0/history.jsonl"
    limit = time.monotonic() + 120
    while not (history.is_file() and history.read_bytes().count(b"\n") > 20):
        assert time.monotonic() < limit
        assert first.poll() is None, first.communicate()
        time.sleep(0.05)
    began = time.monotonic()
    first.send_signal(signal.SIGTERM)
    said, _ = first.communicate(timeout=60)
    assert time.monotonic() - began < 30, "Slurm kills what has not left after 30 s"
    assert first.returncode == 130, said
    assert task.asked() == "requeue 15_2\n"
    where = ("--storage", task.storage, "--runs-dir", tmp_path / "login")
    (paused,) = json.loads(run("trials", "tiny", "--json", *where)[0])["trials"]
    assert (paused["state"], paused["reason"]) == ("paused", "interrupted")
    again = task.start(2)
    said, _ = again.communicate(timeout=300)
    assert again.returncode == 0, said
    assert f"goes on after epoch {paused['epochs']} of 300" in said
    assert task.asked() == "requeue 15_2\n", "a study that is done is not queued again"
    (found,) = json.loads(run("trials", "tiny", "--json", *where)[0])["trials"]
    run("search", study, "--trials", 1, "--runs-dir", tmp_path / "alone")
    (alone,) = json.loads(run("trials", "tiny", "--json", "--runs-dir", tmp_path / "alone")[0])[
        "trials"
    ]
    assert bits(found) == bits(alone)

"""Many processes on one study, whose trainings are made up: a script for test_claims.py.

Each process runs the real `Runner`, with trials that take no time. Forked, for they would spend
their time on imports.
"""

import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

import torch

from nasattn.report.live import make_observer
from nasattn.search.opening import search
from nasattn.search.study.freeze import Material
from nasattn.search.study.session import Session
from nasattn.search.study.study_file import read_study_file
from nasattn.search.working import trial_run
from nasattn.seeding import derive_seed
from nasattn.training import Epoch


def trained(
    material: Material, architecture: Any, repeat: int, session: Session, folder: Path, **_: object
) -> Iterator[tuple[Epoch, ...]]:
    """Make up one epoch, and write down that it was trained."""
    del material, session
    with (folder.parent.parent / "trained.txt").open("a", encoding="utf-8") as file:
        file.write(f"{architecture.digest} {repeat}\n")
    accuracy = derive_seed(architecture.digest) % 1000 / 1000
    yield ()
    sleep(random.uniform(0, 0.05))
    yield (Epoch(1, 1.0, accuracy, 1.0, accuracy, 0.1, 0.01, 32),)


def work(study: Path, runs: Path) -> None:
    """Work on the study until it is done, as one process of several."""
    file, home = read_study_file(study, {})
    session = Session(runs, torch.device("cpu"), make_observer(), lambda: None)
    search(file, home, str(study), session)


def forked(study: Path, runs: Path) -> int:
    """Fork a process that works; return its number."""
    child = os.fork()
    if not child:
        work(study, runs)
        os._exit(0)
    return child


def main(study: Path, runs: Path, processes: int, kills: int) -> None:
    """Fork so many processes and kill so many of them, each time forking another.

    Exits with how many failed that were not killed.
    """
    trial_run.train_architecture = trained
    children = [forked(study, runs) for _ in range(processes)]
    for _ in range(kills):
        sleep(random.uniform(0, 1))
        victim = children.pop(random.randrange(len(children)))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        children.append(forked(study, runs))
    sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))

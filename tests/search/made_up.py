"""A search whose trainings are made up, in the test's own process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import torch

from nasattn.records import Trial, load_study, load_trials
from nasattn.report.live import make_observer
from nasattn.search.opening import resume, search
from nasattn.search.steering import Steering
from nasattn.search.study.freeze import Material
from nasattn.search.study.session import Session
from nasattn.search.study.study_file import read_study_file
from nasattn.search.working.running import Outcome
from nasattn.training import Epoch
from tests.search.tiny import STUDY, write_study

LONG = STUDY.replace("trials = 5", "trials = 3").replace("epochs = 2", "epochs = 1000")
STEP_SECONDS = 0.01


def slow(
    material: Material,
    architecture: Any,
    repeat: int,
    session: Session,
    folder: Path,
    *,
    shelf: object,
    judge: Callable[[], None],
) -> Iterator[tuple[Epoch, ...]]:
    """Make up epochs of five steps each; leave a checkpoint behind."""
    del architecture, repeat, shelf
    (folder / "checkpoint.pt").touch()
    curve: tuple[Epoch, ...] = ()
    yield curve
    for number in range(1, material.settings.recipe.epochs + 1):
        judge()
        for _ in range(5):
            session.check()
            sleep(STEP_SECONDS)
        curve = (*curve, Epoch(number, 1.0, 0.5, 1.0, 0.5, 0.1, 5 * STEP_SECONDS, 32))
        yield curve


class Run:
    """A search in this process, with somebody at another terminal."""

    def __init__(self, tmp_path: Path) -> None:
        self.runs, self.home = tmp_path / "runs", tmp_path
        self.said: list[str] = []
        self.errors: list[BaseException] = []

    def search(
        self, study: str = LONG, check: Callable[[], None] = lambda: None, **overrides: object
    ) -> Outcome:
        path = write_study(self.home, study)
        file, home = read_study_file(path, {k.replace("__", "."): v for k, v in overrides.items()})
        return search(file, home, str(path), self.session(check))

    def resume(self) -> Outcome:
        return resume("tiny", None, None, self.session(lambda: None))

    def session(self, check: Callable[[], None]) -> Session:
        return Session(self.runs, torch.device("cpu"), make_observer(), check)

    def trials(self) -> tuple[Trial, ...]:
        return load_trials(load_study(self.runs, "tiny"), curves=False)

    def trial(self, number: int) -> Trial | None:
        return next((trial for trial in self.trials() if trial.trial == number), None)

    def is_training(self, number: int) -> bool:
        if not (self.runs / "tiny" / "study.toml").is_file():
            return False
        trial = self.trial(number)
        return trial is not None and trial.state == "running" and trial.epochs > 1

    def steer(self) -> Steering:
        return Steering(self.runs, "tiny", None)

    def meanwhile(self, number: int, do: Callable[[], object]) -> Thread:
        """Do something as soon as a trial has some epochs."""

        def wait() -> None:
            limit = monotonic() + 60
            try:
                while not self.is_training(number):
                    assert monotonic() < limit
                    sleep(0.05)
                do()
            except BaseException as error:
                self.errors.append(error)

        thread = Thread(target=wait)
        thread.start()
        return thread

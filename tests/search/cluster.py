"""Many worker processes on one study in a server, each with a run folder of its own.

Each is the real `Runner`, with trials that take no time but what they sleep. Forked from one
process that has imported all: 32 of them would spend their time and memory on imports.
"""

import gc
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import torch

from nasattn.records import Trial, load_study, load_trials
from nasattn.report.live import make_observer
from nasattn.search.joining import Places, join
from nasattn.search.opening import resume, search
from nasattn.search.proposing.listing import list_architectures
from nasattn.search.study.catalogue import catalogue_of
from nasattn.search.study.freeze import Material
from nasattn.search.study.session import Session
from nasattn.search.study.settings import Settings
from nasattn.search.study.study_file import read_study_file
from nasattn.search.working import trial_run
from nasattn.seeding import derive_seed
from nasattn.training import Epoch
from tests.forking import PRELOADED
from tests.postgresql import Server
from tests.search.tiny import STUDY, write_study

# Four for each of three blocks, each with and without a gate: 128.
SPACE = """
backbone = "resnet8"
input_shape = [1, 8, 8]
backbone_args = { width = 4 }

[[choice]]
name = "gate"
slot = "before_conv"
scope = "network"
options = ["none", "gct"]

[[choice]]
name = "attend"
slot = "block_end"
scope = "block"
options = ["none", "eca", "nam"]
eca.kernel_size = [1, 3]
"""
GRID = STUDY.replace("trials = 5", "trials = 1000").replace('"random"', '"grid"')
NAME = "tiny"
EPOCHS = 2  # of the study
_TRAINED = "trained.txt"


def made_up(seconds: float) -> Callable[..., Iterator[tuple[Epoch, ...]]]:
    """Return a training whose epochs take so long, and that writes down that it was begun."""

    def trained(
        material: Material, architecture: Any, repeat: int, session: Session, folder: Path, **_: Any
    ) -> Iterator[tuple[Epoch, ...]]:
        with (folder.parent.parent / _TRAINED).open("a", encoding="utf-8") as file:
            file.write(f"{architecture.digest} {repeat}\n")
        accuracy = derive_seed(architecture.digest) % 1000 / 1000
        curve: tuple[Epoch, ...] = ()
        yield curve
        for number in range(1, material.settings.recipe.epochs + 1):
            until = monotonic() + seconds
            while monotonic() < until:
                session.check()
                sleep(0.02)
            curve = (*curve, Epoch(number, 1.0, accuracy, 1.0, accuracy, 0.1, seconds, 32))
            yield curve

    return trained


@dataclass(frozen=True)
class Outcome:
    """What many processes came to.

    Attributes:
        wanted: The digests of all architectures, each once.
        found: The trials.
        trainings: How often each architecture was begun to be trained, by digest and repeat.
        rows: Optuna's rows by state.
        codes: How each process has ended.
        seconds: From the first fork to the last end.
        said: What they said on standard error.
    """

    wanted: Counter[str]
    found: tuple[Trial, ...]
    trainings: Counter[str]
    rows: dict[str, int]
    codes: Counter[int]
    seconds: float
    said: str

    @property
    def lost(self) -> int:
        """Architectures of the grid without a complete trial."""
        complete = {trial.digest for trial in self.found if trial.state == "complete"}
        return len(set(self.wanted) - complete)

    @property
    def doubled(self) -> int:
        """Trials too many for one architecture, or under one number."""
        by_number = Counter(trial.trial for trial in self.found)
        by_digest = Counter(trial.digest for trial in self.found)
        return sum(count - 1 for counts in (by_number, by_digest) for count in counts.values())

    @property
    def evaluated_twice(self) -> int:
        """Architectures that were trained more than once."""
        return sum(count > 1 for count in self.trainings.values())

    @property
    def is_exact(self) -> bool:
        """Whether the grid was covered exactly once, by processes that all ended well."""
        numbers = [trial.trial for trial in self.found]
        return (
            Counter(trial.digest for trial in self.found) == self.wanted
            and not self.lost + self.doubled + self.evaluated_twice
            and numbers == list(range(len(numbers)))
            and {trial.attempt for trial in self.found} == {1}
            and self.rows == {"COMPLETE": len(numbers)}
            and set(self.codes) == {0}
        )

    def __str__(self) -> str:
        words = ", ".join(f"{count} {state}" for state, count in sorted(self.rows.items()))
        return (
            f"{sum(self.codes.values())} processes, {len(self.found)} trials of "
            f"{len(self.wanted)} in {self.seconds:.1f} s; lost {self.lost}, doubled "
            f"{self.doubled}, evaluated twice {self.evaluated_twice}; rows: {words}; "
            f"exit codes {dict(self.codes)}"
        )


class Processes:
    """Worker processes on one study, and the server that it is kept in.

    Args:
        server: Where.
        home: For the run folders.
        seconds: Of an epoch.
        name: The study's.
    """

    def __init__(self, server: Server, home: Path, seconds: float, name: str = NAME) -> None:
        self.server, self.home, self.name = server, home, name
        self._seconds, self._pids = seconds, list[int]()
        self._study = write_study(home, GRID, SPACE)
        self._began = monotonic()

    def begin(self, number: int) -> None:
        """Fork so many; the first makes the study, and the others join it."""
        for name in (*PRELOADED, "sklearn.datasets", "sqlalchemy.dialects.postgresql.psycopg"):
            import_module(name)
        gc.freeze()  # a fork would copy every page that a collection marks
        self._fork(0)
        query = f"SELECT 1 FROM trials t NATURAL JOIN studies WHERE study_name = '{self.name}'"  # noqa: S608
        while not self.server.asked(query):
            assert self._alive(), self.said()
            sleep(0.1)
        for place in range(1, number):
            self._fork(place)

    def _fork(self, place: int) -> None:
        child = os.fork()
        if child:
            self._pids.append(child)
            return
        code = 1
        try:
            self._work(place)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _work(self, place: int) -> None:
        # The object too: a test's is pytest's own.
        sys.stderr = (self.home / f"{place}.log").open("w", encoding="utf-8", buffering=1)
        runs = self.home / str(place)
        trial_run.train_architecture = made_up(self._seconds)
        session = Session(runs, torch.device("cpu"), make_observer(), lambda: None)
        if place:
            join(self.name, self.server.url, runs, Places())
            resume(self.name, None, self.server.url, session)
        else:
            settings = {"name": self.name, "storage": self.server.url}
            file, home = read_study_file(self._study, settings)
            search(file, home, str(self._study), session)

    def wait_for_trials(self, number: int, state: str = "COMPLETE") -> None:
        """Wait until so many are in a state of Optuna's, or all processes have ended."""
        query = f"""SELECT count(*) FROM trials t NATURAL JOIN studies
            WHERE study_name = '{self.name}' AND t.state = '{state}'"""  # noqa: S608
        while not ((rows := self.server.asked(query)) and int(str(rows[0][0])) >= number):
            assert self._alive(), self.said()
            sleep(0.1)

    def _alive(self) -> list[int]:
        return [
            pid
            for pid in self._pids
            if not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        ]

    def kill_all(self) -> None:
        """Leave none behind."""
        for pid in self._alive():
            os.kill(pid, signal.SIGKILL)

    def said(self) -> str:
        """Return what the processes have said so far."""
        return "".join(path.read_text("utf-8") for path in sorted(self.home.glob("*.log")))

    def outcome(self) -> Outcome:
        """Wait until all have ended; return what they came to."""
        codes = Counter(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in self._pids)
        self._pids.clear()
        seconds = monotonic() - self._began
        runs = self.home / "0"
        found = load_trials(load_study(runs, self.name, storage=self.server.url), curves=True)
        lines = [
            line
            for path in self.home.glob(f"*/{self.name}/{_TRAINED}")
            for line in path.read_text("utf-8").splitlines()
        ]
        rows = self.server.sql(
            f"""SELECT t.state::text, count(*) FROM trials t NATURAL JOIN studies
            WHERE study_name = '{self.name}' GROUP BY 1"""  # noqa: S608
        )
        states = {str(state): int(str(count)) for state, count in rows}
        wanted = _grid(Settings.load(runs / self.name))
        return Outcome(wanted, found, Counter(lines), states, codes, seconds, self.said())


def _grid(settings: Settings) -> Counter[str]:
    catalogue = catalogue_of(settings)
    assert catalogue.space is not None
    listed = list_architectures(catalogue.space, catalogue.model, {}, check=lambda: None)
    return Counter(architecture.digest for architecture, _ in listed)

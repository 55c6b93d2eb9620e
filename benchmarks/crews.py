"""Many worker processes on one study of networks that sleep: how it scales, and for how long.

Usage: python benchmarks/crews.py scaling
       python benchmarks/crews.py soak [MINUTES]      (30 unless given)

Scaling: two trials for each worker of 1, 2, 4 and 8, each trial half a minute of sleep. The clock
runs from the moment when every worker has trained one network without sleep and waits in its next
to the last trial's end; how long it took until then is told apart, for each process imports torch.
With enough processors for what is not sleep the time would be the same for all.

Soak: workers that search one study, one of which stays; now and then another is killed or
told to stop, and one is added. Of the one that stays memory and open files are looked at; in the
end every trial that was begun is trained to its end, and the records are gone through.
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from sleeping import GO

from nasattn.records import Study, load_study, load_trials

HERE = Path(__file__).parent
CREWS, TRIALS_EACH, TRIAL_SECONDS, SCALING_BAR = (1, 2, 4, 8), 2, 30.0, 0.95
EPOCHS, STEPS, NAME = 5, 5, "sleeping"
SOAKING, LOOK_SECONDS, STIR_SECONDS = 4, 5.0, (5.0, 25.0)
# What a worker remembers of a trial is its record; allocators need some room besides.
MOST_KB_A_TRIAL, ROOM_MB = 64, 8

SPACE = """
backbone = "sleeping:network"
input_shape = [1, 8, 8]
backbone_args = {{ seconds = {seconds} }}

[[choice]]
name = "gate"
slot = "before_conv"
scope = "site"
options = ["none", "gct"]

[[choice]]
name = "attend"
slot = "after_conv"
scope = "site"
options = ["none", "nam"]
nam.penalty = {{ low = 1e-5, high = 1e-2, log = true }}
"""
STUDY = """
search_space = "space.toml"
trials = {trials}

[data]
name = "digits"
limit = 160
validation = 0.2

[recipe]
epochs = {epochs}
batch_size = 32
precision = "fp32"

[search]
sampler = "random"

[execution]
threads = 1
"""


class Sleeping:
    """A study in a folder of its own; in one that ``waits`` all wait for the file ``go``."""

    def __init__(
        self, folder: Path, trials: int, seconds: float, epochs: int, *, waits: bool
    ) -> None:
        self.runs, self.go, self._file = folder / "runs", folder / "go", folder / f"{NAME}.toml"
        self.waits = waits
        (folder / "space.toml").write_text(SPACE.format(seconds=seconds))
        self._file.write_text(STUDY.format(trials=trials, epochs=epochs))

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start a search of it."""
        return self.run("search", str(self._file), *options)

    def run(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command on it."""
        return subprocess.Popen(
            [sys.executable, "-m", "nasattn", *arguments],
            env={
                **os.environ,
                "NASATTN_RUNS": str(self.runs),
                "PYTHONPATH": f"{HERE}:{HERE.parent}",
                **({GO: str(self.go)} if self.waits else {}),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def study(self) -> Study:
        return load_study(self.runs, NAME)

    def num(self, state: str) -> int:
        """Return how many trials are in a state."""
        if not (self.runs / NAME / "study.toml").is_file():
            return 0
        return sum(trial.state == state for trial in load_trials(self.study, curves=False))


def wait_for(process: subprocess.Popen[str]) -> None:
    _, said = process.communicate()
    if process.returncode:
        sys.exit(f"a command failed ({process.returncode}):\n{said}")


def until(holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something holds, and no longer than the process lives that brings it about."""
    while not holds():
        if process.poll() is not None:
            wait_for(process)
            if not holds():
                sys.exit("a command ended too early")
        time.sleep(0.1)


def timed(trials_each: int, seconds: float, workers: int, *options: str) -> tuple[float, float]:
    """Search with so many workers.

    Args:
        trials_each: Trials for each worker, besides the one that it trains without sleep.
        seconds: The sleep of one trial.
        workers: How many.
        options: Of the command.

    Returns:
        The seconds until all have trained one network and wait, and from then to the last end.
    """
    with TemporaryDirectory() as folder:
        trials = (1 + trials_each) * workers
        study = Sleeping(Path(folder), trials, seconds / (EPOCHS * STEPS), EPOCHS, waits=True)
        begun = time.perf_counter()
        search = study.start("--workers", str(workers), *options)
        until(lambda: min(map(study.num, ("complete", "running"))) >= workers, search)
        waited = time.perf_counter() - begun
        study.go.touch()
        begun = time.perf_counter()
        until(lambda: study.num("complete") >= trials, search)
        took = time.perf_counter() - begun
        wait_for(search)
    return waited, took


def scaling() -> bool:
    """Compare crews with one worker; tell whether the bar is met."""
    print(
        f"{os.cpu_count()} processors; {TRIALS_EACH} trials for each worker, each asleep for "
        f"{TRIAL_SECONDS:g} s in {EPOCHS} epochs\n\n"
        "workers  trials  until all train (s)  from then (s)  asleep %  against one"
    )
    alone, is_met = 0.0, False
    for workers in CREWS:
        waited, took = timed(TRIALS_EACH, TRIAL_SECONDS, workers)
        alone = alone or took
        asleep = TRIALS_EACH * TRIAL_SECONDS / took
        is_met = alone / took >= SCALING_BAR
        judged = "meets" if is_met else "MISSES"
        words = "" if workers < CREWS[-1] else f"  {judged} {SCALING_BAR:g}"
        print(
            f"{workers:7} {(1 + TRIALS_EACH) * workers:7} {waited:20.1f} {took:14.1f} "
            f"{100 * asleep:9.1f} {alone / took:12.3f}{words}",
            flush=True,
        )
    return is_met


class Soak:
    """Workers that come and go."""

    def __init__(self, study: Sleeping) -> None:
        self._study, self._chance = study, random.Random(0)
        self.kills = self.stops = self.added = 0
        self.stays = self._study.start()
        until(lambda: study.num("running") > 0, self.stays)
        self._others = [study.start() for _ in range(SOAKING - 1)]

    def stir(self) -> None:
        """Kill a worker, or ask it to leave; add another, mostly."""
        self._others = [one for one in self._others if self._is_there(one)]
        if self._others:
            one = self._others.pop(self._chance.randrange(len(self._others)))
            is_kill = self._chance.random() < 0.7
            one.send_signal(signal.SIGKILL if is_kill else signal.SIGTERM)
            one.communicate()
            self.kills, self.stops = self.kills + is_kill, self.stops + (not is_kill)
        while len(self._others) < self._chance.choice((SOAKING - 2, SOAKING - 1, SOAKING)):
            self._others.append(self._study.start())
            self.added += 1

    @staticmethod
    def _is_there(one: subprocess.Popen[str]) -> bool:
        if one.poll() is None:
            return True
        _, said = one.communicate()
        sys.exit(f"a worker ended by itself ({one.returncode}):\n{said}")

    def look(self) -> tuple[float, int]:
        """Return the megabytes and the open files of the worker that stays."""
        if self.stays.poll() is not None:
            self._is_there(self.stays)
        place = Path(f"/proc/{self.stays.pid}")
        pages = int((place / "statm").read_text().split()[1])
        files = len(list((place / "fd").iterdir()))
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, files

    def end(self) -> None:
        """Let all leave; who was still starting has not heard of it, or hears of it late."""
        stop = self._study.run("stop", NAME)
        _, said = stop.communicate()
        if stop.returncode and "have not left" not in said:
            sys.exit(f"stop failed ({stop.returncode}):\n{said}")
        for one in (self.stays, *self._others):
            one.send_signal(signal.SIGTERM)
            one.communicate()


def soak(minutes: float) -> bool:
    """Let workers come and go; tell whether all holds in the end."""
    with TemporaryDirectory() as folder:
        study = Sleeping(Path(folder), 100_000, 0.05, 3, waits=False)
        soaking, looks, chance = (
            Soak(study),
            list[tuple[float, float, int, int]](),
            random.Random(1),
        )
        began, stirred = time.monotonic(), time.monotonic()
        print(
            f"{SOAKING} workers for {minutes:g} min\n\n  min  trials     MB  open files", flush=True
        )
        while (now := time.monotonic()) - began < 60 * minutes:
            if now > stirred:
                soaking.stir()
                stirred = now + chance.uniform(*STIR_SECONDS)
            trials = len(load_trials(study.study, curves=False))
            looks.append((now - began, *soaking.look(), trials))
            if len(looks) % max(1, int(minutes * 60 / LOOK_SECONDS / 10)) == 1:
                at, megabytes, files, _ = looks[-1]
                print(f"{at / 60:5.1f} {trials:7} {megabytes:6.0f} {files:11}", flush=True)
            time.sleep(LOOK_SECONDS)
        soaking.end()
        begun = len(load_trials(study.study, curves=False))
        wait_for(study.run("resume", NAME, "--trials", str(begun)))
        print(
            f"\n{soaking.kills} killed, {soaking.stops} told to leave, {soaking.added} added; "
            f"{begun} trials"
        )
        return all([*judge_growth(looks), *judge_records(study.study, begun, soaking)])


def judge_growth(looks: list[tuple[float, float, int, int]]) -> Iterator[bool]:
    """Compare the last quarter with the second: until then everything was used once."""
    quarter = len(looks) // 4
    second, last = looks[quarter : 2 * quarter], looks[3 * quarter :]
    megabytes, files, trials = (
        median(look[column] for look in last) - median(look[column] for look in second)
        for column in (1, 2, 3)
    )
    most = ROOM_MB + MOST_KB_A_TRIAL * trials / 1024
    yield report(megabytes < most, f"memory: {megabytes:+.1f} MB over {trials:.0f} trials more")
    yield report(files <= 0, f"open files: {files:+.0f}")


def judge_records(study: Study, begun: int, soaking: Soak) -> Iterator[bool]:
    """Go through everything that is kept."""
    trials = load_trials(study, curves=True)
    whole = [[epoch["epoch"] for epoch in t.curve] == [1, 2, 3] for t in trials]
    yield report(
        [t.trial for t in trials] == list(range(begun)), "no number is missing or given twice"
    )
    yield report(
        all(t.state == "complete" for t in trials) and all(whole), "every trial is complete"
    )
    yield report(len({t.digest for t in trials}) == begun, "no architecture was trained twice")
    again = sum(trial.attempt - 1 for trial in trials)
    most = soaking.kills + soaking.stops + SOAKING
    yield report(
        again <= most, f"{again} trials went on in another worker, of {most} that may have had to"
    )
    kept = [record_of(study.path / "trials" / str(t.trial)) for t in trials]
    same = all(
        a["digest"] == t.digest and a["accuracy"] == t.accuracy
        for a, t in zip(kept, trials, strict=True)
    )
    yield report(same, "the run folder says what the storage says")
    with closing(sqlite3.connect(study.path / "study.db")) as connection:
        (running,) = connection.execute(
            "SELECT count(*) FROM trials WHERE state = 'RUNNING'"
        ).fetchone()
        (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
    yield report(running == 0 and sound == "ok", "no row is left open, the database is sound")


def record_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "trial.json").read_text())
    return found


def report(holds: bool, words: str) -> bool:  # noqa: FBT001 - what is reported
    print(f"{'holds ' if holds else 'BROKEN'}  {words}", flush=True)
    return holds


def main() -> None:
    match sys.argv[1:]:
        case ["scaling"]:
            sys.exit(not scaling())
        case ["soak", *minutes]:
            sys.exit(not soak(float(minutes[0]) if minutes else 30.0))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()

"""How commands and proposals grow with a study, and what nasattn adds to a bare training.

Usage: python benchmarks/scale.py [FOLDER]     (all; studies that are in FOLDER are not made again)
       python benchmarks/scale.py overhead     (only what an epoch and a trial cost beside training)

Studies have 100, 1,000 and 10,000 trials of 30 epochs each (see `long_study.py`). Commands run in
fresh processes, as users start them, and the fastest of several runs is told. Bars are of the
clock's seconds where nothing else runs; judged are the processor's, which others on the machine
disturb less: no command waits for anything. A proposal is what a worker does from one trial to the
next: read what is new, and choose; each is measured after another trial has been entered, in a
process that has opened the study. Its memory is what the study added to that of the imports.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

os.environ["OMP_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

SIZES, MOST_MB = (100, 1000, 10_000), 600
RUNS = {100: 5, 1000: 5, 10_000: 3}
COMMANDS: dict[tuple[str, ...], float | None] = {
    ("pareto",): 1.5,
    ("trials", "--json"): 3.0,
    ("report",): 20.0,
    ("show", "7"): None,
    ("trials",): None,
}
PROPOSAL_BAR, MEASURED, OTHERS = 0.5, ("random", "cost-aware"), ("nsga2", "tpe")
EPOCH_BAR_MS, TRIAL_BAR_MS = 30.0, 500.0
OVERHEAD_TRIALS, OVERHEAD_EPOCHS = 6, 20


class Used(NamedTuple):
    """What a process used."""

    seconds: float
    processor: float
    megabytes: float
    output: str = ""


def used(arguments: list[str], runs: Path) -> Used:
    """Run Python in a fresh process, as on a user's machine, where what is compiled is kept."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with (runs / "said").open("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**kept, "NASATTN_RUNS": str(runs)},
            stdout=subprocess.PIPE if arguments[0] != "-m" else subprocess.DEVNULL,
            stderr=said,
            text=True,
        )
        out = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        said.seek(0)
        if status:
            sys.exit(f"{' '.join(arguments)} failed:\n{said.read()}")
    return Used(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out)


def judged(value: float, bar: float | None) -> str:
    """Say whether a figure is within its bar."""
    return "" if bar is None else f"{'meets' if value < bar else 'MISSES'} {bar:g}"


def show(what: str, trials: int, found: Used, bar: float | None) -> None:
    """Print one row."""
    memory = "" if not found.megabytes else f"{found.megabytes:7.0f}"
    over = "  MISSES 600 MB" if found.megabytes > MOST_MB else ""
    print(
        f"{what:24} {trials:7,} {found.seconds:9.2f} {found.processor:9.2f} {memory:>7}"
        f"  {judged(found.processor, bar)}{over}",
        flush=True,
    )


def head(title: str) -> None:
    """Print the head of a table."""
    print(f"\n{title}\n{'':24} {'trials':>7} {'seconds':>9} {'processor':>9} {'MB':>7}  bar (s)")


def measure_commands(runs: Path) -> None:
    head("Commands, each in a fresh process")
    for command, bar in COMMANDS.items():
        for size in SIZES:
            name, *options = command
            arguments = ["-m", "nasattn", name, f"s{size}", *options]
            found = [used(arguments, runs) for _ in range(RUNS[size])]
            show(
                f"nasattn {' '.join(command)}", size, min(found), bar if size == SIZES[-1] else None
            )


def measure_proposals(runs: Path) -> None:
    head("Searching: opening a study, and the next proposal")
    for sampler in (*MEASURED, *OTHERS):
        for size in SIZES:
            said = used([__file__, "propose", f"s{size}", sampler], runs).output
            found = {name: Used(*values) for name, values in json.loads(said).items()}
            if sampler == MEASURED[0]:
                show("opening", size, found["opening"], None)
            is_asked = sampler in MEASURED and size == SIZES[-1]
            show(f"{sampler}: the first", size, found["first"], None)
            show(f"{sampler}: the next", size, found["next"], PROPOSAL_BAR if is_asked else None)


def propose(runs: Path, name: str, sampler: str) -> None:
    """Open a copy of a study and propose again and again; print what that used as JSON."""
    from long_study import make_record  # imports torch

    from nasattn.search.ledger.ledger import Ledger
    from nasattn.search.proposing.proposing import Rejected, make_proposer
    from nasattn.search.storage import default_url, open_storage
    from nasattn.search.study.catalogue import catalogue_of
    from nasattn.search.study.settings import Settings

    folder = runs / name
    settings = Settings.load(folder)
    search = settings.search.model_copy(update={"sampler": sampler})
    material = catalogue_of(settings.model_copy(update={"search": search}))
    with a_copy(folder / "study.db") as database:
        before = resident_mb()
        opening = stopwatch()
        url = default_url(database.parent)
        ledger = Ledger(open_storage(url, url), settings, folder, url, begun=True)
        ledger.attempts()
        used_by = {"opening": (*opening(), resident_mb() - before)}
        proposer, times = make_proposer(material, ledger, lambda: None), []
        for _ in range(6 if sampler in MEASURED else 3):
            watch = stopwatch()
            attempts = ledger.attempts()
            proposal = proposer.propose(len(attempts), attempts, Rejected())
            times.append(watch())
            if proposal is None:
                sys.exit("the space is exhausted")
            record = make_record(material, len(attempts), proposal)
            running = replace(record, state="running", curve=(), epochs=0, accuracy=None)
            ledger.add_epoch(attempt := ledger.start(running, proposal), record.curve)
            ledger.end(attempt, record)
            # The study that others read does not know of it.
            shutil.rmtree(ledger.trial_folder(record))
        used_by["first"] = (*times[0], 0.0)
        used_by["next"] = (*min(times[1:], key=lambda one: one[1]), resident_mb() - before)
    print(json.dumps(used_by))


@contextmanager
def a_copy(database: Path) -> Iterator[Path]:
    """Lend a copy of a database: what is entered into it is not in the study that others read."""
    with TemporaryDirectory() as folder:
        copied = Path(folder) / database.name
        copied.write_bytes(database.read_bytes())
        yield copied


def stopwatch() -> Callable[[], tuple[float, float]]:
    """Return what tells the seconds since now, the clock's and the processor's."""
    began, worked = time.perf_counter(), time.process_time()
    return lambda: (time.perf_counter() - began, time.process_time() - worked)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def make_studies(runs: Path) -> None:
    """Write the run folders, and let the product make the databases of them."""
    from long_study import material_of, session_in, write_folder

    from nasattn.search.ledger.rebuild import rebuild_if_gone

    head("Making study.db again from the run folder")
    for size in SIZES:
        folder = runs / f"s{size}"
        if (folder / "study.db").exists():
            continue
        material = material_of(session_in(runs), folder.name, size)
        write_folder(material, folder, size)
        watch = stopwatch()
        rebuild_if_gone(folder, material.settings)
        show("rebuild", size, Used(*watch(), 0.0), None)


class Steps:
    """An observer that writes down when each step of a search was over."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, float, float]] = []

    def study_opened(self, *_: object) -> None:
        self._add("opened")

    def trial_started(self, *_: object) -> None:
        self._add("started")

    def epoch_finished(self, trial: object, epoch: Any) -> None:
        del trial
        self._add("epoch", epoch["seconds"])

    def trial_ended(self, *_: object) -> None:
        self._add("ended")

    def note(self, text: str) -> None:
        del text

    def _add(self, name: str, trained: float = 0.0) -> None:
        self.steps.append((name, time.perf_counter(), trained))


def measure_overhead() -> None:
    """Search with tiny networks; tell what an epoch and a trial take beside their training."""
    from long_study import session_in

    from nasattn.search.opening import search
    from nasattn.search.study.study_file import read_study_file
    from tests.search.tiny import STUDY, write_study

    steps, transactions = Steps(), Transactions()
    with TemporaryDirectory() as folder:
        study = STUDY.replace("trials = 5", f"trials = {OVERHEAD_TRIALS}")
        path = write_study(Path(folder), study.replace("epochs = 2", f"epochs = {OVERHEAD_EPOCHS}"))
        file, home = read_study_file(path, {})
        session = replace(session_in(Path(folder) / "runs"), observer=steps)
        with transactions.counted(steps):
            search(file, home, str(path), session)
    epochs, trials, spent, last = [], [], 0.0, steps.steps[0][1]
    for name, at, trained in steps.steps[1:]:
        if name == "epoch":
            epochs.append(at - last - trained)
        else:
            spent += at - last
        if name == "ended":
            trials.append(spent)
            spent = 0.0
        last = at
    print(
        f"\nBeside the training itself, n = {len(epochs)} epochs and {len(trials)} trials, each an "
        "epoch's\nrecord, history file and checkpoint; a trial's proposal, claim, network and end"
    )
    for name, found, bar in (
        ("an epoch", epochs, EPOCH_BAR_MS),
        ("a trial", trials[1:], TRIAL_BAR_MS),
    ):
        low, middle, high = (1e3 * f(found) for f in (min, median, max))
        print(f"{name:10} {middle:7.1f} ms ({low:.1f} to {high:.1f})  {judged(middle, bar)} ms")
    print(f"write transactions an epoch: {transactions.an_epoch}, bar 1")


class Transactions:
    """Counts what the training thread commits to the storage."""

    def __init__(self) -> None:
        self._at: list[float] = []
        self.an_epoch = 0

    @contextmanager
    def counted(self, steps: Steps) -> Iterator[None]:
        from sqlalchemy import Engine, event

        here, writing = threading.get_ident(), set[int]()

        def executed(connection: Any, cursor: object, statement: str, *_: object) -> None:
            del cursor
            if threading.get_ident() == here and statement.split(maxsplit=1)[0] in (
                "INSERT",
                "UPDATE",
            ):
                writing.add(id(connection.connection.dbapi_connection))

        def committed(connection: Any) -> None:
            written = id(connection.connection.dbapi_connection)
            if threading.get_ident() == here and written in writing:
                writing.remove(written)
                self._at.append(time.perf_counter())

        event.listen(Engine, "after_cursor_execute", executed)
        event.listen(Engine, "commit", committed)
        try:
            yield
        finally:
            event.remove(Engine, "after_cursor_execute", executed)
            event.remove(Engine, "commit", committed)
        pairs = zip(steps.steps, steps.steps[1:], strict=False)
        spans = [(a[1], b[1]) for a, b in pairs if a[0] == b[0] == "epoch"]
        counts = [sum(low < at <= high for at in self._at) for low, high in spans]
        self.an_epoch = max(counts)


def here(*arguments: str) -> None:
    """Run a part of this script; a process that has grown would pass its memory on as theirs."""
    subprocess.run([sys.executable, __file__, *arguments], check=True)


def main() -> None:
    match sys.argv[1:]:
        case ["propose", name, sampler]:
            propose(Path(os.environ["NASATTN_RUNS"]), name, sampler)
        case ["make", runs]:
            make_studies(Path(runs))
        case ["overhead"]:
            measure_overhead()
        case given:
            load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
            print(f"{os.cpu_count()} processors, load {load} before this began", flush=True)
            here("overhead")
            with TemporaryDirectory() as made:
                runs = given[0] if given else made
                here("make", runs)
                measure_commands(Path(runs))
                measure_proposals(Path(runs))


if __name__ == "__main__":
    main()

"""What many workers on one PostgreSQL study come to, undisturbed and disturbed.

Usage: python benchmarks/cluster.py [PROCESSES]      (32; needs Debian's package postgresql)

1. So many processes, each with a run folder of its own, share a grid of trials that take no time.
2. The same, with epochs of a second, while the server is restarted three times (twice politely,
   once by SIGKILL) and then is away for 30 s.
3. Two machines (network namespaces, which take root), of which one is cut off in the middle of a
   trial: the other goes on with it from the checkpoint in the artifact store.
4. What workers cost the server while they train and nothing happens: no bar, but what an estimate
   of a thousand of them stands on.

In 1, 2 and 4 trainings are made up, and processes forked from one that has imported torch; what
proposes, claims, records and waits is the real thing.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.postgresql import Server
from tests.search.cluster import Outcome, Processes
from tests.search.cut_off import move_a_trial

PROCESSES, AWAY_SECONDS = 32, 30.0
TRAINING, LOOK_SECONDS = (4, 32), 60.0


def verdict(*, is_exact: bool) -> str:
    """Return the verdict in words."""
    return "bar met" if is_exact else "BAR MISSED"


def shared(
    processes: int, seconds: float, name: str, disturb: Callable[[Processes], None]
) -> Outcome:
    """Let processes share a study, disturb them, and return what they came to."""
    server = Server()
    with TemporaryDirectory() as folder:
        home = Path(folder)
        running = Processes(server, home, seconds, name)
        try:
            running.begin(processes)
            disturb(running)
            return running.outcome()
        finally:
            running.kill_all()
            server.remove()


def restarts(running: Processes) -> None:
    """Restart the server three times under load, and then leave it away for a while."""
    for trials, how in ((10, signal.SIGINT), (25, signal.SIGKILL), (40, signal.SIGINT)):
        running.wait_for_trials(trials)
        running.server.stop(how)
        sleep(1)
        running.server.start()
    running.wait_for_trials(60)
    running.server.stop()
    sleep(AWAY_SECONDS)
    running.server.start()


def report_move() -> bool:
    """Cut a machine off in the middle of a trial; tell whether the bar is met."""
    server = Server(listen_addresses="*")
    try:
        with TemporaryDirectory() as folder:
            moved = move_a_trial(server, Path(folder))
    except PermissionError as error:
        print(f"cut off in mid-trial: NOT SEEN: no network namespace can be made: {error}")
        return False
    finally:
        server.remove()
    print(f"cut off in mid-trial: {moved}: {verdict(is_exact=moved.is_exact)}", flush=True)
    return moved.is_exact


def report_load(workers: int) -> None:
    """Tell what so many workers in the middle of an epoch cost the server."""
    server = Server()
    with TemporaryDirectory() as folder:
        running = Processes(server, Path(folder), 3600.0, "training")
        try:
            running.begin(workers)
            running.wait_for_trials(workers, "RUNNING")
            sleep(5)
            before = used(server)
            sleep(LOOK_SECONDS)
            spent = [after - first for first, after in zip(before, used(server), strict=True)]
        finally:
            running.kill_all()
            server.remove()
    transactions, milliseconds = (each / workers / LOOK_SECONDS for each in spent)
    print(
        f"{workers} workers in the middle of an epoch, {LOOK_SECONDS:g} s: each makes "
        f"{transactions:.1f} transactions a second, which take {milliseconds:.2f} ms of the "
        "server's processors",
        flush=True,
    )


def used(server: Server) -> tuple[float, float]:
    """Return how many transactions a server has committed, and its processor time in ms."""
    query = "SELECT sum(xact_commit) FROM pg_stat_database WHERE datname = 'postgres'"
    return float(str(server.sql(query)[0][0])), 1000 * server.processor_seconds()


def main(processes: int) -> None:
    """Print the figures; exit with 1 where a bar is missed."""
    quiet = shared(processes, 0.0, "quiet", lambda _: None)
    print(f"undisturbed: {quiet}: {verdict(is_exact=quiet.is_exact)}", flush=True)
    restarted = shared(processes, 1.0, "restarted", restarts)
    waited = restarted.said.count("the storage does not answer")
    words = f"restarted three times, away for {AWAY_SECONDS:g} s: {restarted}; waits {waited}"
    print(f"{words}: {verdict(is_exact=restarted.is_exact)}", flush=True)
    for workers in TRAINING:
        report_load(workers)
    sys.exit(not (report_move() and quiet.is_exact and restarted.is_exact))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PROCESSES)

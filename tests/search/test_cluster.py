"""Workers on many machines: a grid covered once, a server that goes away, a cable that is cut.

``make bench-cluster`` does the same with 32 processes.
"""

import signal
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest

from tests.postgresql import Server
from tests.search.cluster import Processes
from tests.search.cut_off import move_a_trial

pytestmark = pytest.mark.services


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(listen_addresses="*", fsync="off")
    yield running
    running.remove()


def test_a_grid_is_covered_once_though_the_server_crashes_and_is_away(
    server: Server, tmp_path: Path
) -> None:
    running = Processes(server, tmp_path, 0.2)
    try:
        running.begin(6)
        running.wait_for_trials(10)
        server.stop(signal.SIGKILL)
        server.start()
        running.wait_for_trials(30)
        server.stop()
        sleep(12)  # longer than a training goes on without its storage
        server.start()
        done = running.outcome()
    finally:
        running.kill_all()
    assert done.is_exact, f"{done}\n{done.said}"
    assert "the storage does not answer" in done.said
    assert "the storage answers again after" in done.said


def test_a_trial_of_a_machine_that_is_cut_off_goes_on_elsewhere_to_the_bit(
    server: Server, tmp_path: Path
) -> None:
    moved = move_a_trial(server, tmp_path)
    assert moved.is_exact, f"{moved}\n{moved.said}"
    assert "trial 0 has gone on in another worker" in moved.said["first"]
    assert not moved.left

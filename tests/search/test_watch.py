"""Who is alive is judged by heartbeats that change while one looks on, and by no clock."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nasattn.search.ledger import worker
from nasattn.search.ledger.watch import QUIET_SECONDS, Sign, Watch
from nasattn.search.ledger.worker import Worker, this_worker

ELSEWHERE = Worker("there-1", "another host", 1, "7")


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def look(watch: Watch, clock: Clock, beat: int, seconds: float, every: float = 1.0) -> bool:
    """Look at one heartbeat again and again; tell whether its worker is alive in the end."""
    until = clock.now + seconds
    while clock.now < until:
        clock.now += every
        watch.look({ELSEWHERE.token: Sign(ELSEWHERE, beat)})
    return watch.is_alive(ELSEWHERE.token)


def test_a_heartbeat_that_stands_still_for_long_is_a_death() -> None:
    clock = Clock()
    watch = Watch(clock)
    assert look(watch, clock, 1, QUIET_SECONDS - 2)
    assert look(watch, clock, 2, QUIET_SECONDS - 2), "the beat has changed in between"
    assert not look(watch, clock, 2, 4)
    assert look(watch, clock, 3, 1), "it was not dead after all"


def test_who_was_suspended_itself_has_not_watched_in_that_time() -> None:
    clock = Clock()
    watch = Watch(clock)
    assert look(watch, clock, 1, 5)
    clock.now += 10_000
    assert look(watch, clock, 1, 1)


def test_a_death_takes_less_than_a_minute_to_be_noticed() -> None:
    clock = Clock()
    watch = Watch(clock)
    look(watch, clock, 1, 1)
    assert not look(watch, clock, 1, 59, every=2.9)


def test_who_is_only_on_the_list_is_not_proven_to_live() -> None:
    clock = Clock()
    watch = Watch(clock)
    assert look(watch, clock, 1, 3)
    assert watch.unproven() == {ELSEWHERE.token}
    assert look(watch, clock, 2, 1)
    assert watch.unproven() == frozenset()
    assert not look(watch, clock, 2, QUIET_SECONDS + 1)
    assert watch.unproven() == frozenset(), "nor is it alive any more"


def test_who_has_left_is_not_alive() -> None:
    watch = Watch(Clock())
    watch.look({ELSEWHERE.token: Sign(ELSEWHERE, 1)})
    assert watch.alive() == {ELSEWHERE.token}
    watch.look({})
    assert not watch.alive()


def test_a_process_of_this_machine_that_has_ended_is_certainly_gone() -> None:
    here = this_worker()
    assert here.pid == os.getpid()
    assert not here.is_certainly_gone
    assert replace(here, born="1").is_certainly_gone, "its number was given again"
    assert not replace(here, host="another", pid=1, born="1").is_certainly_gone
    assert not replace(here, born="").is_certainly_gone, "when it began was not seen then"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert replace(here, pid=ended.pid).is_certainly_gone


def test_a_process_that_is_another_users_may_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    here = this_worker()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", hidden)
        assert worker._born(here.pid) == ""
    patch_born(monkeypatch, "")
    assert not here.is_certainly_gone
    patch_born(monkeypatch, "gone")
    assert here.is_certainly_gone
    assert replace(here, born="").is_certainly_gone


def hidden(*_: object, **__: object) -> str:
    """Stand in for /proc mounted with hidepid."""
    raise FileNotFoundError


def patch_born(monkeypatch: pytest.MonkeyPatch, born: str) -> None:
    monkeypatch.setattr(worker, "_born", lambda _: born)


def test_a_killed_process_that_its_parent_has_not_noticed_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    script = "import nasattn.search.ledger.worker as w; print(w._born({}))"
    run = [sys.executable, "-c", script.format(child.pid)]
    before = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, but still in the table
    after = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    child.communicate()
    assert before.strip().isdigit()
    assert after.strip() == "gone"


def test_two_workers_never_have_the_same_token() -> None:
    assert len({this_worker().token for _ in range(100)}) == 100

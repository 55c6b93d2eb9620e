"""Reading commands do not show a trial as running whose worker is dead, and say nothing more."""

from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial

from nasattn.records import WORKER_KEY, Trial, load_study, load_trials
from nasattn.search.ledger import heartbeat, roster, watch
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.ledger.heartbeat import Heartbeat
from nasattn.search.ledger.ledger import Ledger, TakenError
from nasattn.search.ledger.roster import Roster
from nasattn.search.ledger.worker import Worker
from nasattn.search.proposing.proposing import bare_proposal
from nasattn.search.storage import CLAIM_KEY, default_url, open_storage
from tests.search.test_proposing import make
from tests.studies import make_trial


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Return the ledger of a study with a first trial that runs."""
    material = make(tmp_path)
    folder = tmp_path / "runs" / "tiny"
    folder.mkdir(parents=True)
    material.settings.save(folder)
    made = Ledger(
        open_storage(default_url(folder), "test"), material.settings, folder, "test", begun=False
    )
    record = replace(make_trial(0), attempt=1, state="running", finished=None, curve=())
    made.start(record, bare_proposal(material))
    return made


def shown(tmp_path: Path) -> Trial:
    (trial,) = load_trials(load_study(tmp_path / "runs", "tiny"), curves=False)
    return trial


def test_a_worker_that_shows_signs_of_life_is_not_doubted(ledger: Ledger, tmp_path: Path) -> None:
    ledger.roster.sign(ledger.worker, 1)
    assert (shown(tmp_path).state, shown(tmp_path).reason) == ("running", "")


def test_silence_is_told_with_its_length(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = (datetime.now(UTC) - timedelta(minutes=3)).isoformat(timespec="seconds")
    monkeypatch.setattr(roster, "now", lambda: past)
    ledger.roster.sign(ledger.worker, 1)
    assert (shown(tmp_path).state, shown(tmp_path).reason) == (
        "running",
        "no sign of life for 3 min",
    )


class Beating(Thread):
    """Another machine's worker, whose heart beats until it dies."""

    def __init__(self, roster: Roster, beats: int) -> None:
        super().__init__()
        self.worker = Worker("there-1", "another host", 1, "7")
        self._roster, self._beats = roster, beats
        roster.sign(self.worker, 0)

    def run(self) -> None:
        for beat in range(1, self._beats + 1):
            sleep(0.1)
            self._roster.sign(self.worker, beat)


@pytest.mark.parametrize(("beats", "lives"), [(0, False), (20, True)])
def test_whether_a_worker_elsewhere_lives_is_watched_before_it_is_said(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, beats: int, *, lives: bool
) -> None:
    monkeypatch.setattr(watch, "QUIET_SECONDS", 1.0)
    monkeypatch.setattr(heartbeat, "_LOOKS_TO_NOTE", 2)
    other, notes = Beating(ledger.roster, beats), list[str]()
    other.start()
    with Heartbeat(ledger.roster, ledger.worker) as own:
        found = own.proven({other.worker.token, "unknown"}, lambda: None, notes.append)
        assert found == ({other.worker.token} if lives else set())
        assert (other.worker.token in ledger.roster.read().signs) == lives
        assert lives or notes[0].startswith("watching whether the worker of before is alive")
    other.join()


def test_a_worker_that_has_left_is_gone(ledger: Ledger, tmp_path: Path) -> None:
    ledger.roster.sign(ledger.worker, 1)
    ledger.roster.sign_out(ledger.worker.token)
    assert shown(tmp_path).reason == "its worker is gone"


def test_only_the_signs_of_ended_processes_are_swept_away(ledger: Ledger) -> None:
    here = ledger.worker
    ended = Worker("ended", here.host, here.pid, "1")
    elsewhere = Worker("elsewhere", "another", here.pid, "1")
    for worker in (here, ended, elsewhere):
        ledger.roster.sign(worker, 1)
    ledger.roster.sweep()
    assert set(ledger.roster.read().signs) == {here.token, "elsewhere"}


def test_two_claims_at_once_enter_one_row(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    material = make(tmp_path)
    folder = tmp_path / "runs" / "tiny"
    url = default_url(folder)
    other = Ledger(open_storage(url, "test"), material.settings, folder, "test", begun=True)
    record = replace(make_trial(1), attempt=1, state="running", finished=None, curve=())
    quicker = list[Attempt]()
    enter = RDBStorage._get_prepared_new_trial

    def entered_by_both(*arguments: Any) -> Any:
        """Let the other enter its row when this one has looked round and not yet written."""
        if not quicker:
            monkeypatch.setattr(RDBStorage, "_get_prepared_new_trial", enter)
            quicker.append(other.start(record, bare_proposal(material)))
        return enter(*arguments)

    monkeypatch.setattr(RDBStorage, "_get_prepared_new_trial", entered_by_both)
    with pytest.raises(TakenError):
        ledger.start(record, bare_proposal(material))
    rows = ledger.roster.claims(1, 1)
    assert rows == {quicker[0].row: other.worker.token}
    assert len(load_trials(load_study(tmp_path / "runs", "tiny"), curves=False)) == 2


def test_a_row_without_a_worker_is_nobodys(ledger: Ledger) -> None:
    frozen = replace_attributes(ledger.attempts()[0])
    storage = ledger._storage
    row = storage.create_new_trial(ledger._study_id, template_trial=frozen)
    running = replace(make_trial(5), attempt=1)
    assert ledger.roster.row_of(running) == (row, "")


def replace_attributes(attempt: Attempt) -> FrozenTrial:
    """Return its row as it is rebuilt from files, as trial 5."""
    frozen = copy(attempt.frozen)
    attributes = {k: v for k, v in frozen.user_attrs.items() if k != WORKER_KEY}
    frozen.user_attrs = {**attributes, CLAIM_KEY: "5.1"}
    return frozen

"""Reading commands do not show a trial as running whose worker is dead, and say nothing more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nasattn.records import Trial, load_study, load_trials
from nasattn.search.ledger import roster
from nasattn.search.ledger.ledger import Ledger
from nasattn.search.ledger.worker import Worker
from nasattn.search.proposing.proposing import bare_proposal
from nasattn.search.storage import default_url, open_storage
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

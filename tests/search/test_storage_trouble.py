"""A storage that is locked, replaced or deleted under way: a clear line, and nothing is lost."""

import shutil
import sqlite3
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from threading import Thread

import pytest

from nasattn.errors import UserError, WriteError
from nasattn.search import storage
from nasattn.search.ledger import ledger, roster
from nasattn.search.ledger.ledger import Ledger
from nasattn.search.steering import Limit
from nasattn.search.storage import default_url, open_storage
from nasattn.search.study.settings import Settings
from nasattn.search.working import trial_run
from nasattn.search.working.running import Outcome
from tests.search.made_up import Run


def locked_for(database: Path, seconds: float) -> None:
    connection = sqlite3.connect(database)
    connection.execute("BEGIN IMMEDIATE")
    time.sleep(seconds)
    connection.rollback()
    connection.close()


def fails(run: Run, trouble: Callable[[Path], object]) -> str:
    """Make trouble with the database as soon as the first trial runs; return what was said."""
    database = run.runs / "tiny" / "study.db"
    thread: Thread = run.meanwhile(0, lambda: trouble(database))
    with pytest.raises(WriteError) as raised:
        run.search(recipe__epochs=80, trials=1)
    thread.join()
    text = str(raised.value)
    assert "\n" not in text
    return text


def test_a_database_that_is_locked_for_a_moment_is_waited_for(run: Run) -> None:
    thread = run.meanwhile(0, lambda: locked_for(run.runs / "tiny" / "study.db", 2.0))
    assert run.search(recipe__epochs=8) == Outcome.DONE
    thread.join()
    assert [(trial.state, trial.epochs) for trial in run.trials()] == [("complete", 8)] * 3


@pytest.mark.slow
def test_a_database_that_stays_locked_ends_the_search_in_words(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_LOCK_SECONDS", 0.5)
    said = fails(run, lambda database: locked_for(database, 3.0))
    assert said.endswith("study.db: another process has kept it locked for 0.5 s")
    goes_on(run)


@pytest.mark.slow
def test_a_database_that_is_deleted_under_way_is_named(run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    said = fails(run, lambda database: database.rename(kept))
    assert "study.db is gone: it was deleted or moved under way" in said
    assert not (run.runs / "tiny" / "study.db").exists(), "nothing was made in its place"
    kept.rename(run.runs / "tiny" / "study.db")
    goes_on(run)


@pytest.mark.slow
def test_a_database_that_is_replaced_under_way_is_named(run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"

    def replace(database: Path) -> None:
        other = shutil.copy(database, tmp_path / "other.db")
        database.rename(kept)
        Path(other).rename(database)

    assert "study.db was replaced by another under way" in fails(run, replace)
    kept.replace(run.runs / "tiny" / "study.db")
    goes_on(run)


def goes_on(run: Run) -> None:
    """Resume: the study is complete, in a second attempt at the trial that was cut off."""
    folder = run.runs / "tiny"
    settings = Settings.load(folder)
    opened = Ledger(open_storage(default_url(folder), "test"), settings, folder, "test", begun=True)
    for token in opened.roster.read().signs:
        opened.roster.sign_out(token)  # as if the process had ended, which is the test's own
    assert run.resume() == Outcome.DONE
    (trial,) = run.trials()
    assert (trial.state, trial.attempt, trial.epochs) == ("complete", 2, 80)


@pytest.mark.slow
def test_a_clock_that_jumps_changes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    years = cycle(["1970", "2100", "2026"])

    def jumping() -> str:
        return f"{next(years)}-01-01T00:00:00+00:00"

    monkeypatch.setattr(ledger, "now", jumping)
    monkeypatch.setattr(trial_run, "now", jumping)
    monkeypatch.setattr(roster, "now", jumping)
    monkeypatch.setattr(time, "time", lambda: float(next(years)) * 3e7)
    thread = run.meanwhile(0, lambda: run.steer().prune([0], Limit(30)))
    assert run.search(recipe__epochs=40, trials=2) == Outcome.DONE
    thread.join()
    assert [trial.state for trial in run.trials()] == ["pruned", "complete"]


def test_a_search_that_is_refused_leaves_the_database_that_was_there(
    run: Run, tmp_path: Path
) -> None:
    run.search(recipe__epochs=2, trials=1)
    database = run.runs / "tiny" / "study.db"
    kept = database.read_bytes()
    shutil.rmtree(run.runs / "tiny")
    database.parent.mkdir()
    database.write_bytes(kept)
    with pytest.raises(UserError):
        run.search(recipe__epochs=3, trials=1)
    assert database.read_bytes() == kept

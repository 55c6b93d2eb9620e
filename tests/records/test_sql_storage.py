import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from nasattn.errors import LostError, UserError
from nasattn.records import CURVE_KEY, RECORD_KEY, load_study, load_trials
from nasattn.records.rows import read_rows
from tests.studies import attributes, make_curve, make_study, make_trial, write_settings

QUERY = "SELECT trial_id, number, state FROM trials WHERE state <> :none"
NONE = {"none": ""}


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def test_what_optuna_writes_is_read_back(tmp_path: Path) -> None:
    folder = write_settings(tmp_path, "one")
    trials = [make_trial(n, curve=make_curve(3)) for n in range(3)]
    storage = optuna.storages.RDBStorage(f"sqlite:///{folder / 'study.db'}")
    study = optuna.create_study(storage=storage, study_name="one", directions=["maximize"])
    other = optuna.create_study(storage=storage, study_name="other", directions=["maximize"])
    for trial in trials:
        study.add_trial(create_trial(values=[0.5], user_attrs=dict(attributes(trial))))
    other.add_trial(create_trial(values=[0.5], user_attrs=dict(attributes(make_trial(99)))))
    study.add_trial(create_trial(state=TrialState.WAITING))  # it has no record yet
    storage.engine.dispose()
    assert load_trials(load_study(tmp_path, "one"), curves=True) == tuple(trials)
    without = tuple(replace(trial, curve=()) for trial in trials)
    assert load_trials(load_study(tmp_path, "one"), curves=False) == without


def test_trials_are_sorted_by_number_and_the_last_attempt_counts(tmp_path: Path) -> None:
    first = make_trial(1, attempt=1, state="paused", epochs=2)
    second = make_trial(1, attempt=2)
    make_study(tmp_path, "one", [second, make_trial(2), first, make_trial(0)])
    trials = load_trials(load_study(tmp_path, "one"), curves=False)
    assert trials == (make_trial(0), second, make_trial(2))


def test_a_running_trial_has_what_its_curve_says_so_far(tmp_path: Path) -> None:
    running = make_trial(
        1, state="running", accuracy=None, best_accuracy=None, epochs=0, curve=make_curve(2)
    )
    make_study(tmp_path, "one", [make_trial(0, curve=make_curve(4)), running])
    study = load_study(tmp_path, "one")
    done, so_far = load_trials(study, curves=False)
    assert (so_far.epochs, so_far.accuracy, so_far.best_accuracy) == (2, 0.65, 0.65)
    assert so_far.seconds == pytest.approx(1.6)
    assert done.curve == so_far.curve == ()
    assert load_trials(study, curves=True)[1] == replace(so_far, curve=running.curve)


def test_a_renamed_folder_still_finds_its_trials(tmp_path: Path) -> None:
    make_study(tmp_path, "old", [make_trial(0)])
    (tmp_path / "old").rename(tmp_path / "new")
    study = load_study(tmp_path, "new")
    assert study.name == "new"
    assert load_trials(study, curves=False) == (make_trial(0),)


def test_folders_with_odd_names_are_opened(tmp_path: Path) -> None:
    runs = tmp_path / "50% done? #1 é"
    make_study(runs, "one", [make_trial(0)])
    assert load_trials(load_study(runs, "one"), curves=True) == (make_trial(0),)


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite"])
def test_a_storage_elsewhere_is_read_by_its_url(tmp_path: Path, scheme: str) -> None:
    trials = (make_trial(0, curve=make_curve(2)), make_trial(1))
    make_study(tmp_path / "elsewhere", "one", trials)
    url = f"{scheme}:///{tmp_path / 'elsewhere' / 'one' / 'study.db'}"
    write_settings(tmp_path / "runs", "one", storage=url)
    assert load_trials(load_study(tmp_path / "runs", "one"), curves=True) == trials


def test_a_given_storage_takes_the_place_of_the_one_in_the_file(tmp_path: Path) -> None:
    folder = make_study(tmp_path, "one", [make_trial(0)], storage="postgresql://me@host/name")
    study = load_study(tmp_path, "one", storage=f"sqlite:///{folder / 'study.db'}")
    assert load_trials(study, curves=False) == (make_trial(0),)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///{tmp}/missing.db", "missing.db: no such file"),
        ("sqlite+pysqlite:///{tmp}/no/folder.db", "unable to open database file"),
        ("not a url", 'storage "not a url": not the URL of an SQL database'),
        ("redis://me:secret@host/0", "redis://me@host/0: cannot be read"),
        ("oracle+oracledb://me:secret@host/x", "me@host/x: its driver is not installed"),
    ],
)
def test_a_storage_that_is_not_there_is_named(tmp_path: Path, url: str, said: str) -> None:
    write_settings(tmp_path, "one", storage=url.format(tmp=tmp_path))
    with pytest.raises(UserError, match=said) as caught:
        load_trials(load_study(tmp_path, "one"), curves=False)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be one" * 9])
def test_a_file_that_is_no_study_database_is_named(tmp_path: Path, content: bytes) -> None:
    (make_study(tmp_path, "one") / "study.db").write_bytes(content)
    with pytest.raises(UserError, match=r"study\.db: not a readable study database: "):
        load_trials(load_study(tmp_path, "one"), curves=False)


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        (RECORD_KEY, "{", "Expecting property name"),
        (RECORD_KEY, "[]", "not a JSON object"),
        (RECORD_KEY, json.dumps({"trial": 1}), "without attempt, state, digest"),
        (CURVE_KEY, '"none"', "not a JSON object with a list"),
    ],
)
def test_a_broken_record_is_named(tmp_path: Path, key: str, text: str, said: str) -> None:
    folder = make_study(tmp_path, "one", [make_trial(0), make_trial(1)])
    with connected(folder / "study.db") as connection:
        connection.execute(
            "UPDATE trial_user_attributes SET value_json = ? WHERE trial_id = 2 AND key = ?",
            (text, key),
        )
    with pytest.raises(UserError, match=f'study "one": .* trial 2 is broken: .*{said}'):
        load_trials(load_study(tmp_path, "one"), curves=True)


def test_reading_works_while_another_process_writes(tmp_path: Path) -> None:
    folder = make_study(tmp_path, "one", [make_trial(0)])
    with connected(folder / "study.db") as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE trials SET state = 'FAIL'")
        assert load_trials(load_study(tmp_path, "one"), curves=False) == (make_trial(0),)


def test_a_database_in_wal_mode_is_read_too(tmp_path: Path) -> None:
    folder = make_study(tmp_path, "one", [make_trial(0)])
    with connected(folder / "study.db") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE trials SET state = 'FAIL'")
        assert load_trials(load_study(tmp_path, "one"), curves=False) == (make_trial(0),)


def test_a_database_locked_for_long_is_said_to_be_busy(tmp_path: Path) -> None:
    folder = make_study(tmp_path, "one", [make_trial(0)])
    with connected(folder / "study.db") as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LostError, match=r"study\.db: busy: another process .* try again"):
            read_rows(folder / "study.db", QUERY, NONE, patience_s=0.05)


def test_a_reader_waits_for_a_commit(tmp_path: Path) -> None:
    folder = make_study(tmp_path, "one", [make_trial(0)])
    code = "import sqlite3, sys, time\n"
    code += "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    code += "c.execute('BEGIN EXCLUSIVE'); print('locked', flush=True)\n"
    code += "time.sleep(0.3); c.execute('COMMIT')\n"
    arguments = [sys.executable, "-c", code, str(folder / "study.db")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        writer.stdout.readline()
        assert len(load_trials(load_study(tmp_path, "one"), curves=False)) == 1


def test_what_a_writer_killed_in_a_commit_left_is_undone(tmp_path: Path) -> None:
    trials = tuple(make_trial(number) for number in range(200))
    database = make_study(tmp_path, "one", trials) / "study.db"
    code = "import os, sqlite3, sys\n"
    code += "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    # So small a cache spills changed pages into the database before the commit.
    code += "c.execute('PRAGMA cache_size = 2'); c.execute('BEGIN')\n"
    code += "c.execute(\"UPDATE trial_user_attributes SET value_json = '0' || value_json\")\n"
    code += "os._exit(1)\n"
    subprocess.run([sys.executable, "-c", code, str(database)], check=False)
    assert database.with_name("study.db-journal").stat().st_size > 0
    assert load_trials(load_study(tmp_path, "one"), curves=False) == trials


def test_a_thousand_trials_with_curves_are_quick(tmp_path: Path) -> None:
    trials = tuple(make_trial(number, curve=make_curve(30)) for number in range(1000))
    make_study(tmp_path, "one", trials)
    study = load_study(tmp_path, "one")
    begun = perf_counter()
    assert load_trials(study, curves=True) == trials
    assert perf_counter() - begun < 2.0  # some 0.15 s on an idle core

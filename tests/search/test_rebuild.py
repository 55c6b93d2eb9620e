"""A study's database that is gone is made again from the trials' own files, to the bit."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from nasattn.errors import UserError, WriteError
from nasattn.records import Mark, load_study, load_trials
from nasattn.search.ledger import rebuild
from nasattn.search.ledger.bulk import enter_trials
from nasattn.search.ledger.rebuild import rebuild_if_gone, what_to_do
from nasattn.search.storage import open_storage
from tests.search.optunas import DIRECTIONS, kept, kinds_of_trials
from tests.search.steering import NAME, bits, resume, run, search, trials
from tests.search.test_proposing import Study, make
from tests.search.tiny import fail, nasattn, start, wait_for_epochs, write_study

TRIALS, CUT = 7, 4


def proposals(study: Study) -> list[Any]:
    """Return what a sampler knows of the trials, and what is recorded of them."""
    return [
        (
            replace(attempt.record, started="", finished=None),
            attempt.frozen.params,
            list(attempt.frozen.params),
            attempt.frozen.distributions,
            attempt.frozen.system_attrs,
            attempt.frozen.state,
            attempt.frozen.values if attempt.record.state == "complete" else None,
        )
        for attempt in study.attempts()
    ]


@pytest.mark.parametrize(
    "sampler",
    [
        "tpe",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("random", "nsga2", "gp", "grid")),
    ],
)
def test_the_next_trials_are_those_of_an_undisturbed_study(tmp_path: Path, sampler: str) -> None:
    material = make(tmp_path, search__sampler=sampler, trials=TRIALS)
    whole, cut = Study(tmp_path / "whole", material), Study(tmp_path / "cut", material)
    for _ in range(TRIALS):
        whole.step()
    for _ in range(CUT):
        cut.step()
    (tmp_path / "cut" / "study.db").unlink()
    said = rebuild_if_gone(tmp_path / "cut", material.settings)
    assert said.endswith(f"was gone: rebuilt from the files of {CUT} trials")
    again = Study(tmp_path / "cut", material)
    for _ in range(TRIALS - CUT):
        again.step()
    assert proposals(again) == proposals(whole)


def test_all_at_once_is_what_optuna_enters_one_by_one(tmp_path: Path) -> None:
    found = []
    for name in ("once", "one-by-one"):
        storage = RDBStorage(f"sqlite:///{tmp_path / name}.db")
        storage.create_new_trial(storage.create_new_study(DIRECTIONS, "other"))
        study = storage.create_new_study(DIRECTIONS, "study")
        trials = kinds_of_trials()
        if name == "once":
            enter_trials(storage, study, iter(trials))
        else:
            for trial in trials:
                storage.create_new_trial(study, trial)
        entered = kept(storage, study)
        found.append((entered, [trial._trial_id for trial in entered]))
        storage.create_new_trial(study)
        assert storage.get_all_trials(study)[-1].number == len(trials)
        storage.engine.dispose()
    assert found[0] == found[1]


def test_a_trial_that_cannot_be_read_leaves_none(tmp_path: Path) -> None:
    def trials() -> Iterator[FrozenTrial]:
        for _ in range(300):
            yield create_trial(state=TrialState.FAIL)
        raise UserError("broken")

    storage = RDBStorage(f"sqlite:///{tmp_path / 'study.db'}")
    study = storage.create_new_study(DIRECTIONS, "study")
    with pytest.raises(UserError, match="broken"):
        enter_trials(storage, study, trials())
    assert storage.get_all_trials(study) == []
    storage.engine.dispose()


def test_a_long_rebuild_says_how_far_it_is(
    three: tuple[Any, Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "_QUIET_SECONDS", -1.0)
    (folder / "study.db").unlink()
    said: list[str] = []
    rebuild_if_gone(folder, three[0].settings, said.append)
    assert said == [f"study.db is gone: {done} of 3 trials rebuilt" for done in range(3)]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """Return the material and the run folder of a study of three trials, the second invalid."""
    home = tmp_path_factory.mktemp("three")
    material = make(home)
    folder = home / "runs" / NAME
    study = Study(folder, material)
    for _ in range(3):
        study.step()
    study.ledger.mark(study.attempts()[1], Mark(1, "wrong images"))
    material.settings.save(folder)
    return material, folder


@pytest.fixture
def folder(three: tuple[Any, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(three[1], tmp_path / "runs" / NAME))


def test_all_that_commands_read_comes_back(three: tuple[Any, Path], folder: Path) -> None:
    study = load_study(folder.parent, NAME)
    before = load_trials(study, curves=True)
    assert before[1].reason == "wrong images"
    (folder / ".study.db.rebuilt").write_bytes(b"what a kill in the middle has left")
    (folder / "study.db").unlink()
    assert rebuild_if_gone(folder, three[0].settings)
    assert load_trials(study, curves=True) == before
    Study(folder, three[0]).ledger.mark(Study(folder, three[0]).attempts()[1], None)
    assert load_trials(study, curves=True)[1].state == "complete"


def test_a_database_that_is_there_is_left_alone(three: tuple[Any, Path], folder: Path) -> None:
    before = (folder / "study.db").read_bytes()
    assert rebuild_if_gone(folder, three[0].settings) == ""
    assert (folder / "study.db").read_bytes() == before


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("1/trial.json", None, r"trials/1/trial\.json is missing"),
        ("1/trial.json", {"sampler": None}, "an older version wrote it"),
        ("1/trial.json", {"sampler": {"params": {"a": 1}}}, "sampler's part is broken"),
        ("1/trial.json", {"trial": 2}, "trials/1: has the record of trial 2"),
        ("2/trial.json", {"state": 7}, r"trials/2/trial\.json: the record of a trial is broken"),
        ("2/history.jsonl", {}, r"trials/2/history\.jsonl: the record of a trial is broken"),
    ],
)
def test_a_file_that_is_missing_or_damaged_is_named_and_nothing_is_made(
    three: tuple[Any, Path], folder: Path, file: str, change: dict[str, Any] | None, words: str
) -> None:
    (folder / "study.db").unlink()
    path = folder / "trials" / file
    if change is None:
        path.unlink()
    elif change:
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    else:
        path.write_text('{"epoch": 1')
    with pytest.raises(UserError, match=words):
        rebuild_if_gone(folder, three[0].settings)
    assert not (folder / "study.db").exists()


@pytest.mark.parametrize(
    ("gone", "error", "words"),
    [
        (True, "storage x: attempt to write a readonly database", "is gone: `nasattn resume tiny`"),
        (True, "storage x: disk I/O error", "is gone: `nasattn resume tiny` rebuilds it"),
        (False, "storage x: attempt to write a readonly database", "was replaced under way"),
        (False, "storage x: database disk image is malformed", "rebuilds it from the run folder"),
        (False, "storage x: database is locked", None),
    ],
)
def test_what_became_of_the_database_is_said(
    three: tuple[Any, Path], folder: Path, error: str, words: str | None, *, gone: bool
) -> None:
    if gone:
        (folder / "study.db").unlink()
    with pytest.raises(WriteError) as caught, what_to_do(folder, three[0].settings):
        raise WriteError(error)
    assert str(caught.value).startswith(error)
    assert (words in str(caught.value)) if words else (str(caught.value) == error)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("undisturbed")
    search(home)
    return home


@pytest.mark.slow
def test_a_study_whose_database_was_deleted_goes_on_as_if_it_were_not(
    undisturbed: Path, tmp_path: Path
) -> None:
    search(tmp_path, "--trials", 3)
    folder = tmp_path / "runs" / NAME
    before = trials(tmp_path)
    (folder / "study.db").unlink()
    out, said = run("trials", NAME, "--json", "--runs-dir", tmp_path / "runs")
    assert json.loads(out)["trials"] == before
    assert "study.db is gone: read from the trials' folders" in said
    said = resume(tmp_path, "--trials", 5)
    assert "study.db was gone: rebuilt from the files of 3 trials" in said
    found = trials(tmp_path)
    assert [bits(trial) for trial in found] == [bits(trial) for trial in trials(undisturbed)]
    assert found[:3] == before
    (folder / "study.db").unlink()
    assert (
        "trial 1 is invalid"
        in run("invalidate", NAME, 1, "--why", "x", "--runs-dir", tmp_path / "runs")[0]
    )
    assert (folder / "study.db").exists()


def test_a_damaged_database_says_how_it_is_had_again(undisturbed: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(undisturbed, tmp_path / "home"))
    database = home / "runs" / NAME / "study.db"
    database.write_bytes(b"this is no database, however long one looks at it" * 200)
    where = ("--runs-dir", home / "runs")
    for words in (("resume", NAME), ("trials", NAME), ("invalidate", NAME, 1, "--why", "x")):
        said = fail(*words, *where)
        assert "not a database" in said
        assert "away" in said
        assert "rebuilds it from the run folder" in said
    database.unlink()
    resume(home)
    assert len(trials(home)) == 5


def test_an_empty_database_in_its_place_is_not_taken_for_the_study(
    undisturbed: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(undisturbed, tmp_path / "home"))
    database = home / "runs" / NAME / "study.db"
    database.unlink()
    open_storage(f"sqlite:///{database}", str(database)).engine.dispose()
    for command in ("trials", "pareto", "prune", "stop", "resume"):
        words = (NAME, 0) if command == "prune" else (NAME,)
        said = fail(command, *words, "--runs-dir", home / "runs")
        assert f"{database}: has no trial of study" in said or "is not in sqlite" in said
        assert "back" in said
    database.unlink()
    resume(home)
    assert len(trials(home)) == 5


@pytest.mark.slow
def test_a_database_replaced_by_an_older_one_says_so(undisturbed: Path, tmp_path: Path) -> None:
    search(tmp_path, "--trials", 3)
    database = tmp_path / "runs" / NAME / "study.db"
    older = database.read_bytes()
    resume(tmp_path, "--trials", 4)
    database.write_bytes(older)
    said = fail("resume", NAME, "--runs-dir", tmp_path / "runs")
    assert "trials/3 is a trial that" in said
    assert "a study.db that is moved away is rebuilt" in said


@pytest.mark.slow
def test_deleted_under_way_nothing_is_lost(undisturbed: Path, tmp_path: Path) -> None:
    running = start("search", write_study(tmp_path), runs=tmp_path / "runs")
    wait_for_epochs(tmp_path / "runs", 2)
    (tmp_path / "runs" / NAME / "study.db").unlink()
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 1, errors
    assert "study.db is gone: it was deleted or moved under way; put it back" in errors
    assert "or leave it: `nasattn resume tiny` rebuilds it from the run folder" in errors
    assert "Traceback" not in errors
    done = nasattn("resume", NAME, runs=tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    assert [bits(t) for t in trials(tmp_path)] == [bits(t) for t in trials(undisturbed)]

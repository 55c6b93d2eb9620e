"""A spoiled result is set aside without being destroyed, replaced, and put back as it was."""

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from nasattn.records import Mark
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.proposing.proposing import Rejected, make_proposer
from tests.search.steering import NAME, bits, front, resume, run, search, trials
from tests.search.test_proposing import Study, make
from tests.search.tiny import STUDY, fail, nasattn

SHORT = STUDY.replace("trials = 5", "trials = 4").replace("epochs = 2", "epochs = 1")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("finished")
    search(home, study=SHORT)
    return home


@pytest.fixture
def home(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "home"))


def invalidate(home: Path, *arguments: object) -> str:
    out, _ = run("invalidate", NAME, *arguments, "--runs-dir", home / "runs")
    return out


def files(home: Path) -> dict[Path, bytes]:
    folder = home / "runs" / NAME / "trials"
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.json*")}


def test_it_leaves_the_front_and_is_put_back_exactly(home: Path) -> None:
    before, was_front, was_files = trials(home), front(home), files(home)
    best = max(before, key=lambda trial: trial["accuracy"])["trial"]
    others = [trial for trial in before if trial["trial"] != best]
    assert f"trial {best} is invalid: wrong images" in invalidate(
        home, best, "--why", "wrong  images"
    )
    found = trials(home)
    assert [trial for trial in found if trial["trial"] != best] == others
    assert found[best] == {**before[best], "state": "invalid", "reason": "wrong images"}
    assert best not in [member["trial"] for member in front(home)["front"]]
    table, _ = run("trials", NAME, "--runs-dir", home / "runs")
    assert "(wrong images)" in table
    invalidate(home, best, "--undo")
    assert (trials(home), front(home), files(home)) == (before, was_front, was_files)


def test_another_trial_takes_its_place(home: Path) -> None:
    invalidate(home, 1, 2, "--why", "wrong images")
    said = resume(home)
    assert "2 of 4 trials done" in said
    found = trials(home)
    assert [trial["state"] for trial in found] == [
        *("complete", "invalid", "invalid", "complete"),
        *("complete", "complete"),
    ]
    invalidate(home, 1, "--undo")
    assert "5 of 4 trials done" in resume(home)
    assert len(trials(home)) == 6


def test_a_listed_architecture_is_trained_again_under_a_new_number(tmp_path: Path) -> None:
    few = SHORT.replace("trials = 4", "trials = 50").replace('"random"', '"grid"')
    space = """
backbone = "resnet8"
input_shape = [1, 8, 8]
backbone_args = { width = 4 }

[[choice]]
name = "attend"
slot = "block_end"
scope = "network"
options = ["none", "nam"]
"""
    file = tmp_path / "tiny.toml"
    file.write_text(few)
    (tmp_path / "space.toml").write_text(space)
    run("search", file, "--runs-dir", tmp_path / "runs")
    invalidate(tmp_path, 1, "--why", "wrong images")
    resume(tmp_path)
    old, new = trials(tmp_path)[1:]
    assert (old["state"], new["state"], new["trial"]) == ("invalid", "complete", 2)
    assert bits(old) == bits(new)


def test_the_baseline_is_trained_again_under_its_own_number(home: Path) -> None:
    before = trials(home)
    invalidate(home, 0, "--why", "the machine was too hot")
    assert front(home)["baseline"] is None
    page, _ = run("pareto", NAME, "--runs-dir", home / "runs")
    assert "no baseline yet: trial 0: invalid (the machine was too hot)" in page
    resume(home)
    found = trials(home)
    assert (found[0]["state"], found[0]["attempt"], len(found)) == ("complete", 2, 4)
    assert bits(found[0]) == bits(before[0])
    assert found[1:] == before[1:]
    said = fail("invalidate", NAME, 0, "--undo", "--runs-dir", home / "runs")
    assert "trial 0 is complete, not invalid" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((9, "--why", "x"), "no trial 9 in the study: its trials are 0 to 3"),
        ((1, 9, "--why", "x"), "no trial 9"),
        ((1, "--why", " "), "--why: must say why"),
        ((1,), 'give either --why "…", or --undo'),
        ((1, "--why", "x", "--undo"), 'give either --why "…", or --undo'),
        ((1, "--undo"), "trial 1 is complete, not invalid"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(
    finished: Path, arguments: tuple[object, ...], words: str
) -> None:
    before = files(finished)
    assert words in fail("invalidate", NAME, *arguments, "--runs-dir", finished / "runs")
    assert files(finished) == before


def test_what_is_invalid_already_or_running_is_refused(home: Path) -> None:
    invalidate(home, 1, "--why", "wrong images")
    where = ("--runs-dir", home / "runs")
    said = fail("invalidate", NAME, 1, "--why", "again", *where)
    assert "trial 1 is invalid already: wrong images" in said
    assert "trial 1 is invalid (wrong images)" in fail("resume", NAME, "--trial", 1, *where)


def test_a_running_trial_has_no_result_to_set_aside(home: Path) -> None:
    with sqlite3.connect(home / "runs" / NAME / "study.db") as database:
        database.execute(
            "UPDATE trial_user_attributes SET value_json = "
            "json_set(value_json, '$.state', 'running') WHERE key = 'nasattn:trial'"
        )
    database.close()
    said = fail("invalidate", NAME, 1, "--why", "x", "--runs-dir", home / "runs")
    assert "trial 1 is running: it has no result yet" in said


@pytest.mark.slow
def test_it_works_in_any_storage_and_from_a_process_of_its_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    search(tmp_path, "--storage", url, study=SHORT)
    done = nasattn("invalidate", NAME, 3, "--why", "x", "--json", runs=tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    assert '"state": "invalid"' in done.stdout
    assert done.stderr == ""
    assert trials(tmp_path)[3]["state"] == "invalid"
    invalidate(tmp_path, 3, "--undo")
    assert trials(tmp_path)[3]["state"] == "complete"
    assert nasattn("invalidate", NAME, 3, "--undo", runs=tmp_path / "runs").returncode == 2


def test_a_sampler_proposes_as_if_it_had_never_been(tmp_path: Path) -> None:
    study = Study(tmp_path / "run", make(tmp_path, search__sampler="tpe", trials=7))
    for _ in range(6):
        study.step()
    spoiled = study.attempts()[3]
    proposer = make_proposer(study.material, study.ledger, lambda: None)
    without = [attempt for attempt in study.attempts() if attempt != spoiled]
    expected = proposer.propose(6, without, Rejected())
    study.ledger.mark(spoiled, Mark(1, "wrong images"))
    assert proposer.propose(6, study.attempts(), Rejected()) == expected
    extended = replace(spoiled, record=replace(spoiled.record, extended_to=60))
    learned = [*without, extended]
    assert proposer.propose(6, sorted(learned, key=by_number), Rejected()) == expected


def by_number(attempt: Attempt) -> int:
    return attempt.record.trial

"""The commands table, replay and savings."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.records import trial_text
from nasattn.records.table_file import read_table, write_table
from tests.search.replay.made_tables import made_table
from tests.search.tiny import fail
from tests.studies import make_curve, make_study, make_trial


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, list(map(str, arguments)))
    assert done.exit_code == 0, done.exception
    return done.stdout


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tables") / "made.jsonl.gz"
    write_table(made_table(), file)
    return file


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Return a folder with a study of six trained architectures, one stopped."""
    trials = [make_trial(n).with_curve(make_curve(4)) for n in range(6)]
    trials.append(make_trial(6, state="pruned", reason="epoch 1").with_curve(make_curve(1)))
    pruner = {"sampler": "random", "pruner": {"name": "median"}}
    folder = make_study(tmp_path, "one", trials, search=pruner)
    for trial in trials:
        home = folder / "trials" / str(trial.trial)
        home.mkdir(parents=True)
        part: dict[str, Any] = {"params": {}, "distributions": {}, "notes": {}}
        (home / "trial.json").write_text(trial_text(trial, part, None))
    return tmp_path


def test_a_study_is_exported_and_what_is_left_out_is_said(runs: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl.gz"
    page = run("table", "one", "--runs-dir", runs, "-o", file)
    assert "6 architectures (6 with 1 repeat), 4 epochs" in page
    assert "left out: 1 pruned" in page
    assert "conditions: digits" in page
    assert [t.trial for t in read_table(file).trials] == list(range(6))
    assert run("table", file) == page


def test_a_table_says_whether_it_is_valid(table: Path) -> None:
    found = json.loads(run("table", table, "--json"))
    assert (found["architectures"], found["repeats"], found["epochs"]) == (27, {"2": 27}, 6)
    assert found["is_enough"] is (found["spread"]["ratio"] >= found["bar"] == 1.5)
    assert [tau["epoch"] for tau in found["tau_by_epoch"]] == [1, 2, 3, 4, 5, 6]
    assert len(found["true_front"]) > 2
    page = run("table", table)
    assert f"ratio {found['spread']['ratio']:.2f}" in page


def test_names_of_tables_and_studies_are_told_apart(runs: Path, table: Path) -> None:
    assert "must end in .jsonl.gz" in fail("table", "one", "--runs-dir", runs, "-o", "x.json")
    assert "is a table already" in fail("table", table, "-o", "y.jsonl.gz")
    assert 'no study "two"' in fail("table", "two", "--runs-dir", runs)


def test_a_replay_is_told_as_page_json_and_picture(table: Path, tmp_path: Path) -> None:
    options = ("--sampler", "nsga2", "--pruner", "mo-asha", "--budget", "8x", "--repeats", 2)
    picture, file = tmp_path / "r.svg", tmp_path / "r.json"
    page = run("replay", table, *options, "--plot", picture, "-o", file)
    assert "2 replays of 48 epochs (8 whole trainings), 1 worker" in page
    assert "nsga2, mo-asha" in page
    assert "random, none" in page
    assert "normalised hypervolume" in picture.read_text()
    found = json.loads(file.read_text())
    assert [e["engine"] for e in found["engines"]] == ["nsga2, mo-asha", "random, none"]
    own, random = found["engines"]
    assert found["level"] == random["final"]["median"]
    assert own["hypervolume"][-1]["epochs"] == found["budget"] == 48
    assert own["hypervolume"][-1]["median"] == own["final"]["median"]
    assert len(own["epochs_to_reach"]["replays"]) == len(own["final"]["replays"]) == 2
    assert random["true_front"]["stopped"] == 0
    again = json.loads(run("replay", table, *options, "--json"))
    for key in ("hypervolume", "final", "epochs_to_reach", "true_front", "simulated_seconds"):
        assert again["engines"][0][key] == own[key]


def test_random_search_is_replayed_once(table: Path) -> None:
    found = json.loads(
        run("replay", table, "--sampler", "random", "--budget", 30, "--repeats", 2, "--json")
    )
    assert [e["engine"] for e in found["engines"]] == ["random, none"]


def test_random_search_that_ends_earlier_stands_beside_one_that_does_not(table: Path) -> None:
    words = ("--sampler", "random", "--budget", 30, "--repeats", 2, "--trials", 2, "--json")
    own, random = json.loads(run("replay", table, *words))["engines"]
    assert own["engine"] == "random, none, ends at 2 trials"
    assert random["engine"] == "random, none"
    assert own["trials"] == 2 < random["trials"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--sampler", "nsga3"), 'no sampler "nsga3"'),
        (("--pruner", "asha"), 'no pruner "asha"'),
        (("--pruner", '{ name = "mo-asha", first_rung = 9 }'), "must be below the recipe's epochs"),
        (("--pruner", "{ name = "), "--pruner { name = "),
        (("--budget", "0"), "--budget 0: must be"),
        (("--budget", "ten"), "--budget ten: must be"),
        (("--plot", "x.pdf"), "must end in .png or .svg"),
    ],
)
def test_what_cannot_be_replayed_is_refused(
    table: Path, options: tuple[str, ...], words: str
) -> None:
    assert words in fail("replay", table, *options)


def test_savings_say_when_they_cannot_tell(runs: Path) -> None:
    page = run("savings", "one", "--runs-dir", runs)
    assert "1 trial stopped early: 3 epochs not trained" in page
    assert "what stopping missed cannot be told" in page
    assert "too few to answer" in page
    found = json.loads(run("savings", "one", "--runs-dir", runs, "--json"))
    assert (found["epochs"], found["is_enough"], found["missed_share"]["high"]) == (3, False, None)

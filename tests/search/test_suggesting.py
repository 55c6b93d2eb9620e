"""Suggestions: never trained, within the budget, trained like any other trial."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.records import load_study, load_trials
from nasattn.search.pruners import PRUNERS
from tests.search.tiny import STUDY, fail, trials, write_study

SMALL = STUDY.replace("trials = 5", 'trials = 4\nbudget = { params = "1.05x" }').replace(
    "epochs = 2", "epochs = 1"
)


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    run("search", write_study(home, SMALL), "--runs-dir", home, "--sampler", "cost-aware")
    return home


def test_suggestions_are_trained_in_the_study_under_the_numbers_that_come_next(runs: Path) -> None:
    document = json.loads(run("suggest", "tiny", "-n", 3, "--json", "--runs-dir", runs))
    before = trials("tiny", runs)
    suggested = document["suggestions"]
    known = {trial["digest"] for trial in before}
    assert document["considered_all"]
    assert document["considered"] > 0
    assert len(suggested) == min(3, document["considered"])
    assert all(0 <= one["chance"] <= 1 for one in suggested)
    assert not known & {one["digest"] for one in suggested}
    bound = 1.05 * before[0]["params"]
    assert all(one["params"] <= bound for one in suggested)
    assert all(one["posterior_low"] < one["posterior_mean"] for one in suggested)
    assert [one["gain"] for one in suggested] == sorted(
        (one["gain"] for one in suggested), reverse=True
    )
    page = run("suggest", "tiny", "--train", 1, "--runs-dir", runs)
    assert "what promises the front most, among all" in page
    after = trials("tiny", runs)
    assert after[: len(before)] == before
    (new,) = after[len(before) :]
    first = suggested[0]
    assert (new["trial"], new["state"]) == (len(before), "complete")
    assert {key: new[key] for key in ("digest", "params", "flops", "placements")} == {
        key: first[key] for key in ("digest", "params", "flops", "placements")
    }
    assert load_study(runs, "tiny").trials == len(after)
    assert run("resume", "tiny", "--runs-dir", runs)
    assert trials("tiny", runs) == after


def test_the_believed_front_of_a_search(runs: Path) -> None:
    found = json.loads(run("pareto", "tiny", "--posterior", "--json", "--runs-dir", runs))
    study = load_study(runs, "tiny")
    complete = [t for t in load_trials(study, curves=False) if t.is_result]
    assert found["model"]["complete_trials"] == len(complete)
    assert {row["trial"] for row in found["front"]} <= {trial.trial for trial in complete}


@pytest.mark.slow
def test_what_cannot_suggest_says_why(tmp_path: Path) -> None:
    path = write_study(tmp_path, SMALL.replace("trials = 4", "trials = 2"))
    run("search", path, "--runs-dir", tmp_path)
    message = fail("suggest", "tiny", "--runs-dir", tmp_path)
    assert message == 'suggest: needs 4 complete trials to learn from, study "tiny" has 2'


@pytest.mark.slow
@pytest.mark.parametrize("pruner", sorted(PRUNERS.keys() - {"none"}))
def test_the_sampler_goes_with_every_pruner(tmp_path: Path, pruner: str) -> None:
    path = write_study(tmp_path, STUDY.replace("epochs = 2", "epochs = 3"))
    options = ("--sampler", "cost-aware", "--pruner", pruner, "--trials", 8)
    run("search", path, "--runs-dir", tmp_path, *options, "--set", "data.limit=80")
    found = trials("tiny", tmp_path)
    assert len({trial["digest"] for trial in found}) == len(found) == 8
    assert {trial["state"] for trial in found} <= {"complete", "pruned"}

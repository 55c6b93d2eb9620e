import json
import random
from dataclasses import asdict
from pathlib import Path

import pytest

from nasattn.cli import weigh
from nasattn.errors import UserError
from nasattn.records.outline import OUTLINE_FILE
from tests.cli.test_read import imported_by
from tests.outlines import make_outline, placed
from tests.studies import make_curve, make_study, make_trial


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    runs = tmp_path / "runs"
    chance = random.Random(0)
    found = [make_trial(0, curve=make_curve(4))]
    for number in range(1, 30):
        stages = [stage for stage in (1, 2, 3) if chance.random() < 0.5]
        accuracy = 0.8 + 0.05 * (1 in stages) + chance.gauss(0, 0.01)
        found.append(make_trial(number, placements=placed(*stages), accuracy=accuracy))
    folder = make_study(runs, "one", found)
    (folder / OUTLINE_FILE).write_text(json.dumps(asdict(make_outline())))
    make_study(runs, "old", found)
    empty = make_study(runs, "empty")
    (empty / OUTLINE_FILE).write_text((folder / OUTLINE_FILE).read_text())
    make_study(runs, "listed", found, variant=[{"name": "bare"}])
    return runs


def run(runs: Path, *arguments: str) -> set[str]:
    return imported_by(
        f"import os, sys; os.environ['NASATTN_RUNS'] = {str(runs)!r}\n"
        f"sys.argv = ['nasattn', *{arguments!r}]\n"
        "from nasattn.cli.main import main; main()"
    )


def test_comparing_imports_nothing_heavy(runs: Path) -> None:
    modules = run(runs, "compare", "one", "1", "old:2")
    assert not modules & {"torch", "optuna", "numpy", "scipy", "matplotlib"}


def test_weighing_imports_neither_torch_nor_for_the_map_optuna(runs: Path) -> None:
    assert "torch" not in imported_by("import nasattn.search.importance")
    assert not run(runs, "importance", "one", "--map") & {"torch", "optuna"}


def test_importance_finds_what_drives_accuracy(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weigh.importance("one", runs_dir=runs, as_json=True)
    document = json.loads(capsys.readouterr().out)
    first, *others = document["importance"]["decisions"]
    assert first["share"] > max(one["share"] for one in others)
    assert [effect["clear"] for effect in document["effects"]] == [True, False, False]
    weigh.importance("one", runs_dir=runs, effects_alone=True, as_csv=True)
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith("decision,option,reference,with,without,effect,low,high")
    assert len(rows) == 3


def test_without_decisions_there_is_nothing_to_weigh(runs: Path) -> None:
    with pytest.raises(UserError, match="`nasattn resume old` records them"):
        weigh.importance("old", runs_dir=runs)
    with pytest.raises(UserError, match="has no complete trial of its space yet"):
        weigh.importance("empty", runs_dir=runs)
    with pytest.raises(UserError, match="lists variants"):
        weigh.importance("listed", runs_dir=runs)
    with pytest.raises(UserError, match="--json and --csv"):
        weigh.importance("one", runs_dir=runs, as_json=True, as_csv=True)


@pytest.mark.parametrize("text", ["x", "1.5", ":2", "one:", "-1", ""])
def test_what_names_no_trial_is_refused(runs: Path, text: str) -> None:
    with pytest.raises(UserError, match="STUDY:NUMBER"):
        weigh.compare("one", "1", text, runs_dir=runs)


def test_a_trial_that_is_not_there_is_named(runs: Path) -> None:
    with pytest.raises(UserError, match="no trial 77"):
        weigh.compare("one", "1", "77", runs_dir=runs)
    with pytest.raises(UserError, match='no study "two"'):
        weigh.compare("one", "1", "two:1", runs_dir=runs)


def test_two_trials_as_json(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weigh.compare("one", "1", "old:2", runs_dir=runs, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert [(t["study"], t["trial"]) for t in document["trials"]] == [("one", 1), ("old", 2)]
    assert document["conditions"] == []

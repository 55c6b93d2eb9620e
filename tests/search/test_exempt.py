"""The share of trials that no pruner stops, drawn by the seed."""

from pathlib import Path

import pytest

from nasattn.errors import UserError
from nasattn.records import load_study
from nasattn.records.exempt import is_drawn
from nasattn.search.pruning.standings import Standings, is_spared
from nasattn.search.study.freeze import Material
from tests.search.test_proposing import Study, make
from tests.search.tiny import fail, write_study

MEDIAN = {"name": "median"}


def exempt(material: Material) -> float:
    return material.settings.search.exempt


def test_a_twentieth_is_exempt_where_there_is_a_pruner(tmp_path: Path) -> None:
    assert exempt(make(tmp_path)) == 0
    assert exempt(make(tmp_path, search__pruner=MEDIAN)) == 0.05
    assert exempt(make(tmp_path, search__pruner=MEDIAN, search__exempt=0.2)) == 0.2
    assert exempt(make(tmp_path, search__pruner=MEDIAN, search__exempt=0)) == 0


def test_without_a_pruner_none_can_be_exempt(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"search\.exempt is from a pruner"):
        make(tmp_path, search__exempt=0.2)
    study = write_study(tmp_path)
    said = fail("search", study, "--pruner", "median", "--set", "search.exempt=1.5")
    assert "search.exempt = 1.5" in said


def test_contenders_are_exempt_as_the_seed_draws(tmp_path: Path) -> None:
    material = make(tmp_path, search__pruner=MEDIAN, search__exempt=0.5)
    study = Study(tmp_path / "run", material)
    for _ in range(4):
        study.step()
    attempts = study.attempts()
    found = Standings(material.settings).race(attempts).contenders
    drawn = [is_drawn(material.settings.seed, 0.5, number) for number in range(4)]
    assert [c.exempt for c in found] == drawn
    assert 0 < sum(drawn) < 4
    assert [is_spared(a.record, material.settings) for a in attempts] == drawn


def test_a_study_that_began_without_exempt_trials_goes_on_so(tmp_path: Path) -> None:
    material = make(tmp_path, search__pruner=MEDIAN)
    material.settings.save(tmp_path)
    file = tmp_path / "study.toml"
    older = "\n".join(x for x in file.read_text().splitlines() if not x.startswith("exempt"))
    file.write_text(older)
    (tmp_path / "one").mkdir()
    file.rename(tmp_path / "one" / "study.toml")
    assert "exempt" not in load_study(tmp_path, "one").table("search")
    frozen = type(material.settings).load(tmp_path / "one")
    assert frozen.search.exempt == 0

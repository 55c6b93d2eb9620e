"""What a study keeps of its network and space, for those who read it later."""

import json
from pathlib import Path
from statistics import pvariance

import pytest

from nasattn.analysis.decided import decided, parameters
from nasattn.analysis.evidence import evidence
from nasattn.errors import UserError
from nasattn.records.outline import OUTLINE_FILE, Outline, load_outline
from nasattn.search.study.freeze import Material
from nasattn.search.study.outline import keep_outline
from nasattn.space import enumerate_architectures, size
from tests.search.test_proposing import SMALL, make
from tests.search.tiny import nasattn, write_study
from tests.studies import make_trial


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return make(tmp_path_factory.mktemp("study"), SMALL)


@pytest.fixture
def outline(material: Material, tmp_path: Path) -> Outline:
    keep_outline(material, tmp_path)
    found = load_outline(tmp_path)
    assert found is not None
    return found


def test_sites_and_decisions_are_kept(outline: Outline) -> None:
    assert [site.at for site in outline.sites][:3] == ["conv1", "conv1", "relu"]
    gate, attend = outline.decisions
    assert [option.word for option in attend.options] == ["none", "eca", "nam", "ortho"]
    assert attend.options[1].hyperparameters == {"kernel_size": [1, 3]}
    assert attend.options[1].costs["params"] == (3, 9)  # three sites, kernels 1 and 3
    assert outline.stages_of(gate) == (1, 2, 3)


def test_every_architecture_is_told_from_its_placements(
    material: Material, outline: Outline
) -> None:
    assert material.space is not None
    told = set()
    for number, architecture in enumerate(enumerate_architectures(material.space)):
        placements = tuple(placement.to_dict() for placement in architecture.placements)
        trial = make_trial(number, placements=placements)
        words = decided(outline, trial)
        assert words is not None
        assert {p["module"] for p in placements} == set(words.values()) - {"none"}
        kernels = {p["options"]["kernel_size"] for p in placements if p["module"] == "eca"}
        values = parameters(outline, trial)
        assert kernels == {v for n, v in values.items() if n == "attend.eca.kernel_size"}
        told.add(tuple(values.items()))
    assert len(told) == size(material.space)


def test_cost_shares_are_those_of_all_architectures(material: Material, outline: Outline) -> None:
    assert material.space is not None
    totals = [material.model.cost(a) for a in enumerate_architectures(material.space)]
    shares = evidence(outline, ()).cost_shares
    for cost in ("params", "flops"):
        whole = pvariance(getattr(total, cost) for total in totals)
        parts = {decision.name: decision.variance[cost] for decision in outline.decisions}
        assert sum(parts.values()) == pytest.approx(whole)
        assert shares[cost] == pytest.approx({n: part / whole for n, part in parts.items()})


@pytest.mark.slow
def test_an_older_study_gets_its_outline_when_it_is_gone_on_with(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    study = write_study(tmp_path, space=SMALL)
    assert nasattn("search", study, "--epochs", 1, "--trials", 2, runs=runs).returncode == 0
    file = runs / "tiny" / OUTLINE_FILE
    text = file.read_text()
    file.unlink()
    assert load_outline(file.parent) is None
    assert nasattn("resume", "tiny", runs=runs).returncode == 0
    assert file.read_text() == text


def test_a_broken_outline_is_refused_by_name(tmp_path: Path) -> None:
    for text in ("{", "[]", json.dumps({"sites": [{}], "decisions": []})):
        (tmp_path / OUTLINE_FILE).write_text(text)
        with pytest.raises(UserError, match=r"outline\.json: broken"):
            load_outline(tmp_path)

"""A study is not gone on with where the code makes other networks of its recorded trials."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import create_trial

from nasattn.errors import UserError
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.study.freeze import Material
from nasattn.search.trial.recorded import check_unchanged, recorded_proposal
from nasattn.space import enumerate_architectures
from tests.search.test_proposing import SMALL, make
from tests.search.tiny import STUDY, nasattn, trials, write_study
from tests.studies import make_trial

GATE = """
import torch
from torch import nn


class Gate(nn.Module):
    slots = ("block_end",)

    def __init__(self, channels, *, repeats: int = 1):
        super().__init__()
        self.repeats = repeats
        self.scale = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x):
        return x * torch.sigmoid(self.scale).to(x.dtype)
"""
SPACE = """
backbone = "resnet8"
input_shape = [1, 8, 8]
backbone_args = { width = 4 }

[[choice]]
name = "attend"
slot = "block_end"
scope = "network"
options = ["none", "eca", "gates:Gate"]
"""


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return make(tmp_path_factory.mktemp("material"), SMALL)


@pytest.fixture
def attempts(material: Material) -> list[Attempt]:
    """Return a recorded trial of every architecture of the space."""
    assert material.space is not None
    frozen = create_trial(value=0.5)
    found = []
    for number, architecture in enumerate(enumerate_architectures(material.space)):
        cost = material.model.cost(architecture)
        record = make_trial(
            number,
            digest=architecture.digest,
            placements=tuple(p.to_dict() for p in architecture.placements),
            **{name: getattr(cost, name) for name in ("params", "flops", "flops_stock")},
        )
        found.append(Attempt(record, frozen))
    return found


def changed(attempts: list[Attempt], module: str | None, cost: str) -> list[Attempt]:
    """Return the attempts as if whatever has ``module`` (None: all) had cost less when recorded."""

    def then(attempt: Attempt) -> Attempt:
        record = attempt.record
        if module is not None and all(p["module"] != module for p in record.placements):
            return attempt
        values: dict[str, Any] = {cost: getattr(record, cost) - 3}
        return replace(attempt, record=replace(record, **values))

    return [then(attempt) for attempt in attempts]


def test_what_is_unchanged_is_gone_on_with(material: Material, attempts: list[Attempt]) -> None:
    check_unchanged(material, attempts)
    check_unchanged(material, [])


@pytest.mark.parametrize("module", ["eca", "gct", "ortho", "nam"])
@pytest.mark.parametrize("cost", ["params", "flops", "flops_stock"])
def test_a_changed_module_is_named(
    material: Material, attempts: list[Attempt], module: str, cost: str
) -> None:
    with pytest.raises(UserError) as error:
        check_unchanged(material, changed(attempts, module, cost))
    words = f"attention module {module} has changed since the study was made: trial "
    assert str(error.value).startswith(words)
    assert f" {cost}, and would have " in str(error.value)


def test_a_changed_backbone_is_named(material: Material, attempts: list[Attempt]) -> None:
    with pytest.raises(UserError, match=r"^backbone resnet8 has changed .* trial 0 had"):
        check_unchanged(material, changed(attempts, None, "flops"))


def test_other_hyperparameters_are_another_architecture(
    material: Material, attempts: list[Attempt]
) -> None:
    attempt = next(a for a in attempts if a.record.placements)
    other = replace(attempt, record=replace(attempt.record, digest="0" * 12))
    with pytest.raises(UserError, match="was trained as 000000000000, but its placements now make"):
        recorded_proposal(material, other)


@pytest.mark.slow
def test_an_edited_module_is_named(tmp_path: Path) -> None:
    study = STUDY.replace("trials = 5", "trials = 3").replace("epochs = 2", "epochs = 1")
    (tmp_path / "gates.py").write_text(GATE, encoding="utf-8")
    runs = tmp_path / "runs"
    file = write_study(tmp_path, study, SPACE)
    done = nasattn("search", file, runs=runs, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert any(p["module"] == "gates:Gate" for t in trials("tiny", runs) for p in t["placements"])
    edits = [
        (
            "torch.zeros(1, channels, 1, 1))",
            "torch.zeros(1, channels, 1, 1)); self.more = nn.Parameter(torch.zeros(channels))",
            ("attention module gates:Gate has changed", "params, and would have"),
        ),
        (
            "x * torch.sigmoid(self.scale)",
            "x * torch.tanh(torch.sigmoid(self.scale))",
            ("attention module gates:Gate has changed", "flops, and would have"),
        ),
        (
            "repeats: int = 1",
            "repeats: int = 1, more: int = 2",
            ("was trained as", "the hyperparameters of gates:Gate"),
        ),
    ]
    for old, new, words in edits:
        assert old in GATE
        (tmp_path / "gates.py").write_text(GATE.replace(old, new), encoding="utf-8")
        done = nasattn("resume", "tiny", runs=runs, cwd=tmp_path)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        for word in words:
            assert word in done.stderr
    (tmp_path / "gates.py").write_text(GATE, encoding="utf-8")
    assert nasattn("resume", "tiny", runs=runs, cwd=tmp_path).returncode == 0

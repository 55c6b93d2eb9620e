"""Samplers and lists: unseen, within the budget, the same again after an interruption."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nasattn.errors import UserError
from nasattn.records import Trial
from nasattn.search.choosers import every_choice
from nasattn.search.freeze import Material, freeze
from nasattn.search.ledger import Attempt, Ledger, now
from nasattn.search.proposing import Rejected, bare_proposal, make_proposer
from nasattn.search.settings import Settings, check_same
from nasattn.search.storage import default_url, open_storage
from nasattn.search.study_file import read_study_file
from nasattn.seeding import derive_seed
from nasattn.space import enumerate_architectures, size
from tests.search.tiny import SPACE, write_study

SAMPLERS = ["tpe", "nsga2", "random", "gp", "grid"]
SMALL = SPACE.replace('slot = "before_conv"', 'slot = "before_conv"\nscope = "network"').replace(
    'slot = "block_end"', 'slot = "block_end"\nscope = "network"'
)


def make(folder: Path, space: str = SPACE, **overrides: object) -> Material:
    path = write_study(folder, space=space)
    settings = {key.replace("__", "."): value for key, value in overrides.items()}
    file, home = read_study_file(path, settings)
    return freeze(file, home, str(path), torch.device("cpu"), None)


class Study:
    """Proposes and ends trials with an accuracy made up from the digest: nothing is trained."""

    def __init__(self, folder: Path, material: Material) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        storage = open_storage(default_url(folder), "test")
        self.material = material
        self.ledger = Ledger(storage, material.settings, folder, "test")

    def attempts(self) -> list[Attempt]:
        return self.ledger.attempts()

    def step(self) -> bool:
        """Add one trial; False where there is none left to add."""
        attempts = self.attempts()
        number = len(attempts)
        proposer = make_proposer(self.material, self.ledger)
        proposal = (
            proposer.propose(number, attempts, Rejected())
            if attempts
            else bare_proposal(self.material)
        )
        if proposal is None:
            return False
        totals = self.material.model.cost(proposal.architecture)
        digest = proposal.architecture.digest
        record = Trial(
            trial=number,
            attempt=1,
            state="running",
            digest=digest,
            repeat=0,
            params=totals.params,
            flops=totals.flops,
            flops_stock=totals.flops_stock,
            epochs=0,
            seconds=0.0,
            placements=(),
            device="cpu",
            started=now(),
        )
        attempt = self.ledger.start(record, proposal)
        accuracy = derive_seed(digest) % 1000 / 1000
        self.ledger.end(attempt, replace(record, state="complete", accuracy=accuracy))
        return True

    def digests(self) -> list[str]:
        return [attempt.record.digest for attempt in self.attempts()]


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "random", "grid"])
def test_a_sampler_proposes_unseen_architectures_until_none_is_left(
    tmp_path: Path, sampler: str
) -> None:
    material = make(tmp_path, SMALL, search__sampler=sampler)
    assert material.space is not None
    study = Study(tmp_path / "run", material)
    while study.step():
        assert len(study.digests()) <= size(material.space)
    everything = {a.digest for a in enumerate_architectures(material.space)}
    assert len(study.digests()) == len(everything)
    assert set(study.digests()) == everything


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_proposals_depend_on_the_seed_and_the_ended_trials_alone(
    tmp_path: Path, sampler: str
) -> None:
    material = make(tmp_path, search__sampler=sampler, trials=9)
    first, second = Study(tmp_path / "one", material), Study(tmp_path / "two", material)
    for _ in range(9):
        first.step()
    for _ in range(9):
        Study(tmp_path / "two", material).step()  # a new process for every trial
    assert first.digests() == second.digests()
    assert len(set(first.digests())) == 9


@pytest.mark.parametrize("sampler", ["tpe", "grid"])
def test_nothing_over_the_budget_becomes_a_trial(tmp_path: Path, sampler: str) -> None:
    material = make(tmp_path, SMALL, search__sampler=sampler, budget={"params": "1.01x"})
    study = Study(tmp_path / "run", material)
    while study.step():
        pass
    assert material.space is not None
    bound = material.settings.budget["params"]
    fitting = {
        a.digest
        for a in enumerate_architectures(material.space)
        if material.model.cost(a).params <= bound
    }
    assert set(study.digests()) == fitting
    assert 1 < len(fitting) < size(material.space)


def test_the_grid_refuses_intervals_by_name(tmp_path: Path) -> None:
    space = SPACE + "nam.penalty = { low = 1e-5, high = 1e-2 }"
    material = make(tmp_path, space, search__sampler="grid")
    study = Study(tmp_path / "run", material)
    with pytest.raises(UserError, match=r"attend\.nam\.penalty"):
        study.step()


def test_every_choice_denotes_its_architecture(tmp_path: Path) -> None:
    material = make(tmp_path, SMALL)
    assert material.space is not None
    seen = {a.digest: params for a, params in every_choice(material.space)}
    assert len(seen) == size(material.space) == 2 * 6
    assert material.settings.bare.digest in seen


@pytest.fixture
def frozen(tmp_path: Path) -> Settings:
    return make(tmp_path).settings


def test_a_frozen_study_is_read_back_as_it_was(tmp_path: Path, frozen: Settings) -> None:
    frozen.save(tmp_path)
    assert Settings.load(tmp_path) == frozen


def test_differences_are_named_and_the_total_may_grow(frozen: Settings) -> None:
    check_same(frozen, frozen.model_copy(update={"trials": 500}), "x.toml")
    other = frozen.recipe.model_copy(update={"batch_size": 7})
    with pytest.raises(UserError, match=r"recipe\.batch_size was 32, now 7"):
        check_same(frozen, frozen.model_copy(update={"recipe": other}), "x.toml")


def test_one_objective_alone_works(tmp_path: Path) -> None:
    material = make(tmp_path, objectives=["accuracy"], search__sampler="tpe")
    study = Study(tmp_path / "run", material)
    assert all(study.step() for _ in range(6))

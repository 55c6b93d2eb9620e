"""Samplers and lists: unseen, within the budget, the same again after an interruption."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nasattn.errors import StoppedError, UserError
from nasattn.records import Trial
from nasattn.report.live import make_observer
from nasattn.search.dates import now
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.ledger.ledger import Ledger
from nasattn.search.proposing.choosers import RandomChooser
from nasattn.search.proposing.listing import list_architectures
from nasattn.search.proposing.proposing import Rejected, make_proposer
from nasattn.search.storage import default_url, open_storage
from nasattn.search.study.freeze import Material, freeze
from nasattn.search.study.session import Session
from nasattn.search.study.settings import Settings, check_same
from nasattn.search.study.study_file import read_study_file
from nasattn.seeding import derive_seed
from nasattn.space import Interval, enumerate_architectures, size
from tests.search.tiny import SPACE, write_study

SAMPLERS = ["tpe", "nsga2", "random", "gp", "grid", "cost-aware"]
SLOW = {"gp", "nsga2", "cost-aware"}
SMALL = SPACE.replace('slot = "before_conv"', 'slot = "before_conv"\nscope = "network"').replace(
    'slot = "block_end"', 'slot = "block_end"\nscope = "network"'
)

HUGE = """
[[choice]]
name = "act"
slot = "activation"
scope = "site"
options = ["keep", "atac"]
atac.ratio = [1, 2]
"""


def make(folder: Path, space: str = SPACE, **overrides: object) -> Material:
    path = write_study(folder, space=space)
    settings = {key.replace("__", "."): value for key, value in overrides.items()}
    file, home = read_study_file(path, settings)
    session = Session(folder, torch.device("cpu"), make_observer(), lambda: None)
    return freeze(file, home, str(path), session, None)


class Study:
    """Proposes and ends trials with an accuracy made up from the digest: nothing is trained."""

    def __init__(self, folder: Path, material: Material) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        storage = open_storage(default_url(folder), "test")
        self.material = material
        self.ledger = Ledger(storage, material.settings, folder, "test", begun=False)

    def attempts(self) -> list[Attempt]:
        return self.ledger.attempts()

    def step(self) -> bool:
        """Add one trial; False where there is none left to add."""
        attempts = self.attempts()
        number = len(attempts)
        proposer = make_proposer(self.material, self.ledger, lambda: None)
        proposal = proposer.propose(number, attempts, Rejected()) if attempts else proposer.first()
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


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "random", "grid", "cost-aware"])
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


@pytest.mark.parametrize(
    "sampler",
    [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in SAMPLERS],
)
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
    with pytest.raises(UserError, match=r"attend\.nam\.penalty"):
        make(tmp_path, space, search__sampler="grid")


def test_a_listing_within_a_budget_is_the_filtered_space(tmp_path: Path) -> None:
    material = make(tmp_path)
    assert material.space is not None
    everything = {a.digest: material.model.cost(a) for a in enumerate_architectures(material.space)}
    base = material.model.base
    for factor in (1.0, 1.02, 1.1, 2.0):
        budget = {"params": int(factor * base.params), "flops": int((factor + 0.02) * base.flops)}
        listed = list(
            list_architectures(material.space, material.model, budget, check=lambda: None)
        )
        fitting = {
            digest
            for digest, cost in everything.items()
            if cost.params <= budget["params"] and cost.flops <= budget["flops"]
        }
        assert {architecture.digest for architecture, _ in listed} == fitting
        assert len(listed) == len(fitting)


def test_a_shuffled_listing_is_the_same_set_and_its_parameters_denote_it(tmp_path: Path) -> None:
    material = make(tmp_path, SMALL)
    assert material.space is not None
    plain, shuffled = (
        {
            architecture.digest: params
            for architecture, params in list_architectures(
                material.space, material.model, {}, check=lambda: None, seed=seed
            )
        }
        for seed in (None, 7)
    )
    assert plain == shuffled
    assert list(plain) != list(shuffled)
    assert len(plain) == size(material.space) == 2 * 6
    assert material.settings.bare.digest in plain


@pytest.mark.slow
def test_a_tight_budget_in_a_huge_space_is_searched_to_its_end(tmp_path: Path) -> None:
    # 8 sites × (1 + 2 + 2 + 1 …) choices: far too many to list, and few of them fit.
    space = SPACE.replace('slot = "before_conv"', 'slot = "before_conv"\nscope = "site"').replace(
        'slot = "block_end"', 'slot = "block_end"\nscope = "block"'
    )
    huge = space + HUGE
    material = make(tmp_path, huge, budget={"params": "1.001x"})
    assert material.space is not None
    assert size(material.space) > 100_000
    study = Study(tmp_path / "run", material)
    while study.step():
        assert len(study.digests()) < 200
    listed = list_architectures(
        material.space, material.model, material.settings.budget, check=lambda: None
    )
    assert set(study.digests()) == {architecture.digest for architecture, _ in listed}


def test_a_listing_can_be_stopped(tmp_path: Path) -> None:
    material = make(tmp_path)
    assert material.space is not None

    def stop() -> None:
        raise StoppedError("stopped")

    with pytest.raises(StoppedError):
        next(list_architectures(material.space, material.model, {}, check=stop))


def test_chance_draws_whole_numbers_evenly() -> None:
    interval = Interval(1, 4, integer=True)
    drawn = Counter(RandomChooser(seed).number("x", interval) for seed in range(4000))
    assert sorted(drawn) == [1, 2, 3, 4]
    assert all(850 < count < 1150 for count in drawn.values())


def test_the_baseline_belongs_to_the_first_generation(tmp_path: Path) -> None:
    study = Study(tmp_path / "run", make(tmp_path, search__sampler="nsga2"))
    for _ in range(3):
        study.step()
    notes = [attempt.frozen.system_attrs for attempt in study.attempts()]
    assert notes[0] == notes[1] != {}


def test_a_study_of_that_name_with_other_settings_is_not_joined(tmp_path: Path) -> None:
    one, other = make(tmp_path), make(tmp_path, seed=4)
    storage = open_storage(default_url(tmp_path), "test")
    Ledger(storage, one.settings, tmp_path, "test", begun=False)
    with pytest.raises(UserError, match="seed was 3, now 4"):
        Ledger(storage, other.settings, tmp_path, "test", begun=False)
    renamed = one.settings.model_copy(update={"name": "gone"})
    with pytest.raises(UserError, match='study "gone" is not in test'):
        Ledger(storage, renamed, tmp_path, "test", begun=True)


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

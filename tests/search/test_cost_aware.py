"""The sampler cost-aware: every kind of space, study and trial; learns; the same again."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np
import optuna
import pytest

from nasattn.cost import CostModel
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.proposing.choosers import SamplerChooser
from nasattn.search.proposing.cost_aware import choosing
from nasattn.search.proposing.cost_aware.candidates import Candidate, Candidates
from nasattn.search.proposing.cost_aware.choosing import Outlook, _plausible, choose
from nasattn.search.proposing.cost_aware.observed import OBSERVED_KEY, Observed, read_observed
from nasattn.search.proposing.cost_aware.past import Past, Tried
from nasattn.search.proposing.cost_aware.start import num_start
from nasattn.search.proposing.cost_aware.telling import Observing, observed
from nasattn.search.proposing.problem import Problem
from nasattn.search.proposing.samplers import make_sampler
from nasattn.space import COSTS, Space, SpaceFile, cost_range, decide
from nasattn.surrogate.front import nondominated
from nasattn.surrogate.targets import reference_accuracy
from tests.studies import make_curve, make_trial

EPOCHS = 6
PLAIN = [
    {
        "name": "act",
        "slot": "activation",
        "scope": "stage",
        "options": ["keep", "atac"],
        "atac": {"ratio": [1, 2]},
    },
    {
        "name": "att",
        "slot": "block_end",
        "scope": "stage",
        "options": ["none", "eca", "nam", "se"],
        "eca": {"kernel_size": ["adaptive", 1, 3]},
        "nam": {"penalty": {"low": 1e-5, "high": 1e-2, "log": True}},
        "se": {"ratio": {"low": 1, "high": 4}},
    },
]
# No option leaves the sites alone: the bare backbone is not in it.
FULL = [{"name": "att", "slot": "block_end", "scope": "stage", "options": ["eca", "nam", "simam"]}]
ONE = [{"name": "att", "slot": "block_end", "scope": "network", "options": ["none", "nam"]}]


@pytest.fixture(scope="module")
def problem_of() -> Callable[..., Problem]:
    model = CostModel("resnet8", {"width": 4}, (1, 8, 8), 10)

    def make(choices: object, **changes: object) -> Problem:
        values = {
            "backbone": "resnet8",
            "input_shape": [1, 8, 8],
            "backbone_args": {"width": 4},
            "choice": choices,
        }
        space = Space.from_file(SpaceFile.model_validate(values), "test")
        made = Problem(space, model, {}, ("flops",), cost_range(space, model), EPOCHS, 20)
        return replace(made, **changes)

    return make


def accuracy_of(candidates: Candidates, one: Candidate) -> float:
    """Make accuracies up: SE helps everywhere, ATAC harms."""
    names = [content[0] if content else "" for content in candidates.contents(one)]
    return 0.7 + 0.03 * names.count("se") + 0.01 * names.count("nam") - 0.02 * names.count("atac")


def told(final: float, epochs: int = EPOCHS) -> list[float]:
    return [final - 0.02 * (EPOCHS - e) for e in range(1, epochs + 1)]


def study_of(problem: Problem, num: int, seed: int = 0) -> tuple[optuna.Study, list[Candidate]]:
    """Let the sampler propose and tell it what was made up; the bare backbone comes first."""
    candidates = Candidates(problem)
    study = optuna.create_study(directions=["maximize", *["minimize"] * len(problem.costs)])
    found = []
    for number in range(num):
        study.sampler = make_sampler("cost-aware", 1000 * seed + number, problem)
        trial = study.ask()
        decide(problem.space, SamplerChooser(trial))
        one = candidates.read(trial.params)
        state = Observed(told(accuracy_of(candidates, one)), latency_ms=one.totals[1] / 1e6)
        for key, value in state.attribute().items():
            trial.set_user_attr(key, value)
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
        found.append(one)
    return study, found


COST_SETS = [
    pytest.param((), marks=pytest.mark.slow),
    ("flops",),
    pytest.param(("params", "flops"), marks=pytest.mark.slow),
    ("latency_ms",),
]


@pytest.mark.parametrize("choices", [PLAIN, FULL], ids=["conditional", "without the bare backbone"])
@pytest.mark.parametrize("costs", COST_SETS, ids=str)
def test_it_proposes_unseen_architectures_whatever_the_space_and_the_costs(
    problem_of: Callable[..., Problem], choices: object, costs: tuple[str, ...]
) -> None:
    _, found = study_of(problem_of(choices, costs=costs, trials=8), 8)
    assert len(set(found)) == 8


def test_of_a_small_space_the_best_of_all_is_proposed(
    problem_of: Callable[..., Problem],
) -> None:
    problem = problem_of(FULL)
    candidates = Candidates(problem)
    everything = list(candidates.all())
    tried = tuple(
        Tried(number, one, Observed(told(accuracy_of(candidates, one))))
        for number, one in enumerate(everything[:20:2])
    )
    past = Past(problem, candidates, tried)
    unseen = [one for one in everything if one not in {before.candidate for before in tried}]
    best = max(unseen, key=lambda one: float(Outlook(past).gains([one])[0]))
    assert {choose(past, Random(seed)) for seed in range(3)} == {best}
    assert Candidates(problem_of(PLAIN)).few is None  # an interval has no end of values


def test_proposals_are_within_the_budget_however_tight(problem_of: Callable[..., Problem]) -> None:
    problem = problem_of(PLAIN)
    bound = int(1.01 * problem.model.base.params)
    _, found = study_of(replace(problem, budget={"params": bound}), 8)
    assert all(one.totals[COSTS.index("params")] <= bound for one in found)
    assert len(set(found)) == 8


def test_the_costs_of_a_candidate_are_those_of_its_architecture(
    problem_of: Callable[..., Problem],
) -> None:
    problem = problem_of(PLAIN)
    candidates, chance = Candidates(problem), Random(0)
    for _ in range(20):
        one = candidates.mutate(candidates.draw(chance), chance)
        again = candidates.read(one.params)
        assert again == one
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
        study.enqueue_trial(one.params)
        architecture = decide(problem.space, SamplerChooser(study.ask()))
        totals = problem.model.cost(architecture)
        assert one.totals == (totals.params, totals.flops)
        held = {p.module for p in architecture.placements}
        assert held == {content[0] for content in candidates.contents(one) if content}


def test_equal_architectures_are_one_candidate(problem_of: Callable[..., Problem]) -> None:
    candidates = Candidates(problem_of(PLAIN))
    bare = {f"act.stage{n}": "none" for n in (1, 2, 3)} | {
        f"att.stage{n}": "none" for n in (1, 2, 3)
    }
    adaptive, three = (
        candidates.read({**bare, "att.stage3": "eca", "att.stage3.eca.kernel_size": size})
        for size in ("adaptive", 1)
    )
    assert candidates.read(bare) not in {adaptive, three}
    sizes = [dict(c[1])["kernel_size"] for c in candidates.contents(adaptive) if c]
    assert (adaptive == three) == (sizes == [1])


def tried(problem: Problem, size: int, seed: int = 0) -> Past:
    candidates, chance = Candidates(problem), Random(seed)
    drawn = dict.fromkeys(candidates.draw(chance) for _ in range(4 * size))
    return Past(
        problem,
        candidates,
        tuple(
            Tried(number, one, Observed(told(accuracy_of(candidates, one))))
            for number, one in enumerate(list(drawn)[:size])
        ),
    )


def test_a_proposal_is_a_function_of_seed_and_trials(problem_of: Callable[..., Problem]) -> None:
    past = tried(problem_of(PLAIN), 20)
    first, again, other = (choose(past, Random(seed)) for seed in (1, 1, 2))
    assert first is not None
    assert first == again
    assert other is not None
    cold = Candidates(past.problem)
    trials = tuple(t._replace(candidate=cold.read(t.candidate.params)) for t in past.trials)
    resumed = choose(Past(past.problem, cold, trials), Random(1))
    assert resumed is not None
    assert resumed.params == first.params


@pytest.mark.slow
def test_it_finds_what_helps(problem_of: Callable[..., Problem]) -> None:
    problem = problem_of(PLAIN, costs=("params", "flops"), trials=24)
    _, found = study_of(problem, 24)
    candidates = Candidates(problem)
    late = [accuracy_of(candidates, one) for one in found[num_start(24) + 1 :]]
    chance = Random(0)
    usual = [accuracy_of(candidates, candidates.draw(chance)) for _ in range(200)]
    assert max(late) >= 0.78
    assert np.mean(late) > np.mean(usual) + np.std(usual)


def test_the_start_is_spread_over_the_costs(problem_of: Callable[..., Problem]) -> None:
    problem = problem_of(PLAIN, trials=48)
    _, found = study_of(problem, num_start(48))
    chance = Random(5)
    candidates = Candidates(problem)
    place = COSTS.index("flops")
    drawn = [candidates.draw(chance).totals[place] for _ in range(2000)]
    inner = np.quantile(drawn, np.arange(1, 4) / 4)
    counts = np.bincount(np.searchsorted(inner, [one.totals[place] for one in found]), minlength=4)
    assert counts.min() >= 1
    assert counts.max() <= 3


@pytest.mark.parametrize("epochs", [0, 3])
def test_trials_that_still_go_on_are_expected_to_end_as_the_model_says(
    problem_of: Callable[..., Problem], epochs: int
) -> None:
    past = tried(problem_of(PLAIN), 20)
    chance = Random(3)
    best = choose(past, chance)
    assert best is not None
    running = Tried(20, best, Observed(told(accuracy_of(past.candidates, best), epochs), True))  # noqa: FBT003
    before, after = (Outlook(p) for p in (past, replace(past, trials=(*past.trials, running))))
    # Where it is expected already, the same once more is worth less.
    assert after.gains([best])[0] < before.gains([best])[0]
    assert choose(replace(past, trials=(*past.trials, running)), Random(3)) != best


def test_failed_trials_are_known_and_teach_nothing(problem_of: Callable[..., Problem]) -> None:
    past = tried(problem_of(ONE), 1)
    (other,) = set(past.candidates.all()) - {past.trials[0].candidate}
    assert choose(past, Random(0)) == other
    failed = replace(past, trials=(*past.trials, Tried(1, other, Observed())))
    assert choose(failed, Random(0)) is None
    assert len(failed.begun) == 1
    assert failed.observations(9) == past.observations(9)


def test_of_results_enough_the_latest_are_looked_at_and_nothing_else(
    problem_of: Callable[..., Problem],
) -> None:
    past = tried(problem_of(PLAIN), 12)
    partial = Tried(12, past.trials[3].candidate, Observed(told(0.7, 2)))
    longer = replace(past, trials=(*past.trials, partial))
    everything = longer.observations(20)
    assert len(everything) == 13
    for most, kept in ((13, everything), (12, everything[:12]), (5, everything[7:12])):
        assert longer.observations(most) == kept


def test_the_reference_is_of_the_first_trials_also_where_they_were_stopped(
    problem_of: Callable[..., Problem],
) -> None:
    past = tried(problem_of(PLAIN), 30)
    first = {t.number for t in past.begun[:5]}
    finals = [t.observed.accuracies[-1] for t in past.begun]
    start = reference_accuracy(finals[: num_start(past.problem.trials) + 1])
    assert Outlook(past).known.reference == start
    stopped = tuple(
        t._replace(observed=Observed(t.observed.accuracies[:4])) if t.number in first else t
        for t in past.trials
    )
    found = Outlook(replace(past, trials=stopped)).known.reference
    spread = max(finals) - min(finals)
    assert abs(found - start) < 0.3 * spread
    later = [t.observed.accuracies[-1] for t in past.begun if t.number not in first]
    assert found != reference_accuracy(later[: num_start(past.problem.trials) + 1])


def test_the_unit_of_a_cost_changes_nothing(problem_of: Callable[..., Problem]) -> None:
    past = tried(problem_of(PLAIN), 20)
    ranges = {name: (1000 * a, 1000 * b) for name, (a, b) in past.problem.cost_range.items()}
    other = Past(replace(past.problem, cost_range=ranges), past.candidates, past.trials)
    sample = [one.candidate for one in past.trials]
    dearer = [replace(one, totals=tuple(1000 * total for total in one.totals)) for one in sample]
    np.testing.assert_allclose(other.costs(dearer), past.costs(sample), atol=1e-12)


WHOLE = tuple(epoch["accuracy"] for epoch in make_curve(4))
RECORDS = [
    ({"state": "complete", "curve": make_curve(4)}, Observed(WHOLE)),
    ({"state": "pruned", "curve": make_curve(2)}, Observed(WHOLE[:2])),
    ({"state": "paused", "curve": make_curve(2)}, Observed(WHOLE[:2], is_open=True)),
    ({"state": "running", "curve": ()}, Observed(is_open=True)),
    ({"state": "failed", "curve": make_curve(3)}, Observed()),
    ({"state": "complete", "extended_to": 9, "curve": make_curve(9)}, Observed()),
    ({"state": "running", "curve": ({"epoch": 1, "accuracy": None},)}, Observed(is_open=True)),
    ({"curve": make_curve(4), "latency_ms": 2.5}, Observed(WHOLE, latency_ms=2.5)),
]


@pytest.mark.parametrize(("fields", "wanted"), RECORDS)
def test_what_a_record_tells(fields: dict[str, object], wanted: Observed) -> None:
    found = observed(make_trial(3, **fields), 4)
    assert found == wanted
    read = read_observed(found.attribute())
    assert read == found._replace(accuracies=list(found.accuracies))
    assert read_observed({}) == Observed()
    assert set(found.attribute()) == {OBSERVED_KEY}


@pytest.mark.parametrize("most", [3, 7])
def test_in_a_long_study_those_near_the_observed_front_are_weighed(
    problem_of: Callable[..., Problem], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    problem = problem_of(PLAIN, costs=("params", "flops"))
    candidates, chance = Candidates(problem), Random(3)
    drawn = list(dict.fromkeys(candidates.draw(chance) for _ in range(30)))
    # No two of them equal: of those, one that costs more is no further behind.
    finals = [accuracy_of(candidates, one) + 1e-4 * place for place, one in enumerate(drawn)]
    observed_ = [Observed(told(final)) for final in finals]
    pairs = zip(drawn, observed_, strict=True)
    trials = tuple(Tried(number, *pair) for number, pair in enumerate(pairs))
    past = Past(problem, candidates, trials)
    everyone = _plausible(past)
    assert everyone == drawn
    monkeypatch.setattr(choosing, "_MOST_MEMBERS", most)
    members = _plausible(past)
    assert len(members) == most
    assert members == [one for one in drawn if one in members], "in the order of their trials"
    accuracies = np.array([seen.accuracies[-1] for seen in observed_])
    best = nondominated(accuracies, past.costs(drawn))
    front = {one for one, is_best in zip(drawn, best, strict=True) if is_best}
    assert front <= set(members) or set(members) <= front
    assert isinstance(choose(past, Random(1)), Candidate)


def test_what_is_told_of_a_trial_follows_its_record() -> None:
    frozen = optuna.trial.create_trial(state=optuna.trial.TrialState.FAIL)
    observing = Observing(EPOCHS)
    one = Attempt(make_trial(1, curve=make_curve(2), state="pruned"), frozen)
    (first,), (again,) = observing.trials([one]), observing.trials([one])
    assert first is again
    longer = replace(one, record=make_trial(1, curve=make_curve(4)))
    (later,) = observing.trials([longer])
    assert len(read_observed(later.user_attrs).accuracies) == 4
    assert observing.trials([replace(one, record=make_trial(1, state="invalid"))]) == []

"""What samplers see of a study: the same as through Optuna's own doors."""

import random
from collections.abc import Callable
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from nasattn.search.proposing.mirror import Past, mirror_of
from nasattn.search.proposing.samplers import NSGAIISampler

DIRECTIONS = [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE]
CHOICES = ("none", "eca", "nam", "se")
NAMES = ("third", "first", "second")


def drawn(num: int) -> list[Past]:
    """Return trials of which some lack a parameter and some failed."""
    chance, found = random.Random(4), []
    for number in range(num):
        names = NAMES if number % 5 else NAMES[:2]
        told = number % 7 > 0
        found.append(
            Past(
                TrialState.COMPLETE if told else TrialState.FAIL,
                [chance.random(), chance.random()] if told else None,
                {name: chance.choice(CHOICES) for name in names},
                {name: CategoricalDistribution(CHOICES) for name in names},
                {"NSGAIISampler:generation": number // 6},
            )
        )
    return found


def asked(study: optuna.Study) -> list[dict[str, Any]]:
    trials = [study.ask() for _ in range(3)]
    return [{n: t.suggest_categorical(n, CHOICES) for n in NAMES} for t in trials]


def by_optuna(trials: list[Past], sampler: BaseSampler) -> optuna.Study:
    study = optuna.create_study(directions=DIRECTIONS, sampler=sampler)
    study.add_trials(
        optuna.trial.create_trial(
            state=t.state,
            values=t.values,
            params=t.params,
            distributions=t.distributions,
            system_attrs=t.system_attrs,
        )
        for t in trials
    )
    return study


@pytest.mark.parametrize("num", [0, 5, 13, 40])
def test_our_nsga2_proposes_what_optunas_does(num: int) -> None:
    ours = mirror_of(drawn(num), DIRECTIONS, NSGAIISampler(population_size=6, seed=2))
    theirs = by_optuna(drawn(num), optuna.samplers.NSGAIISampler(population_size=6, seed=2))
    assert asked(ours) == asked(theirs)
    notes = [[t.system_attrs for t in study.trials] for study in (ours, theirs)]
    assert notes[0] == notes[1]


@pytest.mark.parametrize("sampler", [TPESampler, RandomSampler])
def test_a_mirror_is_the_study_that_optuna_would_make(sampler: Callable[..., BaseSampler]) -> None:
    ours = mirror_of(drawn(20), DIRECTIONS, sampler(seed=2))
    theirs = by_optuna(drawn(20), sampler(seed=2))
    assert asked(ours) == asked(theirs)
    for one, other in zip(ours.trials, theirs.trials, strict=True):
        assert (one.number, one.state, one.values) == (other.number, other.state, other.values)
        assert (one.params, one.distributions) == (other.params, other.distributions)


def test_what_a_mirror_does_leaves_the_trials_as_they_were() -> None:
    def rest(trial: FrozenTrial) -> dict[str, Any]:
        return {k: v for k, v in vars(trial).items() if k not in {"_number", "_trial_id"}}

    trials = drawn(12)
    before = [dict(rest(trial)) for trial in trials]
    for seed in range(2):
        asked(mirror_of(trials, DIRECTIONS, NSGAIISampler(population_size=6, seed=seed)))
    assert [rest(trial) for trial in trials] == before


def test_a_mirror_numbers_its_trials_by_their_order() -> None:
    trials = drawn(6)
    for order in (trials, trials[::-1], trials[2:]):
        found = mirror_of(order, DIRECTIONS, RandomSampler(seed=2)).get_trials(deepcopy=False)
        assert [(t.number, t.params) for t in found] == list(enumerate(t.params for t in order))

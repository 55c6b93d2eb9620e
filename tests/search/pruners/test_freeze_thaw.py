"""Freeze-thaw: who waits, who goes on, and what a rate is."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from nasattn.analysis.hypervolume import hypervolume
from nasattn.errors import UserError
from nasattn.search.pruners import Contender, FreezeThawPruner, Pause, Race
from nasattn.search.pruners.rates import Rates
from tests.search.pruners.races import races, simulated

EPOCHS = 9
RUNGS = (1, 3, 6)
often = settings(max_examples=40, deadline=None)


def study(seed: int, informative: float, noise: float = 0.002) -> list[Contender]:
    drawn, _ = simulated(seed, 24, EPOCHS, informative=informative, noise=noise)
    return drawn


def asked_at(epoch: int, whole: Contender, past: list[Contender]) -> Race:
    now = replace(whole, accuracies=whole.accuracies[:epoch])
    return Race(EPOCHS, ("params",), (*past, now))


def test_it_looks_early_at_a_third_and_at_two_thirds() -> None:
    assert FreezeThawPruner().rungs(27) == (3, 9, 18)
    assert FreezeThawPruner().rungs(EPOCHS) == RUNGS
    assert FreezeThawPruner(first_epoch=4).rungs(10) == (4, 7)
    assert FreezeThawPruner().rungs(1) == ()
    assert FreezeThawPruner().resolved(30).first_epoch == 4
    with pytest.raises(UserError, match=re.escape("search.pruner.first_epoch = 30: must be below")):
        FreezeThawPruner(first_epoch=30).resolved(30)


@pytest.mark.parametrize("seed", range(5))
def test_it_does_nothing_where_early_epochs_say_nothing(seed: int) -> None:
    *past, asked = study(seed, informative=0.0, noise=0.02)
    assert FreezeThawPruner().verdict(asked_at(1, asked, past), asked.trial) is None


@often
@given(race=races())
def test_what_cannot_be_read_goes_on(race: Race) -> None:
    for pruner in (FreezeThawPruner(least_explained=0.999), FreezeThawPruner(startup_trials=99)):
        assert {pruner.verdict(race, c.trial) for c in race.contenders} == {None}
        waiting = [c.trial for c in race.contenders if c.waits]
        assert pruner.promoted(race) == min(waiting, default=None)


@often
@given(race=races())
def test_only_those_that_wait_are_promoted(race: Race) -> None:
    promoted = FreezeThawPruner(startup_trials=4, least_explained=0.0).promoted(race)
    assert promoted is None or race.find(promoted).waits


@pytest.mark.parametrize("seed", range(5))
def test_a_poor_trial_waits_and_a_good_one_goes_on(seed: int) -> None:
    past, pruner = study(seed, informative=1.0), FreezeThawPruner()
    cheap, dear = min(c.costs for c in past), max(c.costs for c in past)
    usual = np.mean([c.accuracies for c in past], axis=0)
    for epoch in RUNGS[1:]:
        good = Contender(99, cheap, tuple((usual[:epoch] + 0.05).tolist()))
        poor = Contender(98, dear, tuple((usual[:epoch] - 0.05).tolist()))
        assert pruner.verdict(Race(EPOCHS, ("params",), (*past, good)), 99) is None
        verdict = pruner.verdict(Race(EPOCHS, ("params",), (*past, poor)), 98)
        assert isinstance(verdict, Pause)
        number = r"[\d.e+-]+"
        assert re.fullmatch(
            rf"waits at epoch {epoch}, with {number} % at {number} M params: will end at about "
            rf"{number} ± {number} %, and promises {number} of hypervolume an epoch, a new trial "
            rf"{number}",
            verdict.reason,
        )
        both = (replace(good, waits=True), replace(poor, waits=True))
        assert pruner.promoted(Race(EPOCHS, ("params",), (*past, *both))) == 99


def test_a_trial_that_waits_goes_on_when_new_ones_promise_less() -> None:
    """What comes after it is worse than it: it is not forgotten."""
    past, pruner = study(3, informative=1.0), FreezeThawPruner()
    cheap = min(c.costs for c in past)
    usual = np.mean([c.accuracies for c in past], axis=0)
    middling = Contender(99, cheap, tuple(usual[:3].tolist()), waits=True)
    later = [
        Contender(100 + n, (2e6 + n,), tuple(a - 0.1 for a in c.accuracies))
        for n, c in enumerate(past)
    ]
    assert pruner.promoted(Race(EPOCHS, ("params",), (*past, middling, *later))) == 99


@pytest.mark.parametrize("costs", [0, 1, 2])
def test_a_rate_is_the_expected_improvement_for_each_epoch_left(costs: int) -> None:
    chance = np.random.default_rng(7)
    drawn = [
        replace(c, costs=tuple(map(float, chance.uniform(1e6, 2e6, costs))))
        for c in study(4, informative=1.0, noise=0.01)
    ]
    *ended, last = drawn
    waiting = replace(last, accuracies=last.accuracies[:3], waits=True)
    rates = Rates(Race(EPOCHS, ("params", "flops")[:costs], (*ended, waiting)))
    forecast = rates.forecast(waiting)
    assert forecast is not None
    (found,) = rates.of([(waiting, forecast)])
    finals = np.array([c.accuracies[-1] for c in ended])
    low, high = finals.min() - 0.05 * (finals.max() - finals.min()), finals.max()
    logs = np.log([c.costs for c in (*ended, waiting)]).reshape(len(drawn), costs)
    scaled = (logs - logs.min(axis=0)) / np.ptp(logs, axis=0)
    points = [
        (float((high - a) / (high - low)), *row)
        for a, row in zip(finals, scaled[:-1].tolist(), strict=True)
    ]
    reference = (1.0, *[1.05] * costs)
    before = hypervolume(points, reference)
    draws = chance.normal(forecast.mean, forecast.variance**0.5, 1000)
    gains = [
        hypervolume([*points, (float((high - a) / (high - low)), *scaled[-1])], reference) - before
        for a in draws
    ]
    error = 4 * float(np.std(gains)) / len(gains) ** 0.5
    assert found * (EPOCHS - 3) == pytest.approx(float(np.mean(gains)), abs=error)

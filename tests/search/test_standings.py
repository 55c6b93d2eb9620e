"""What pruners and samplers are told of a study's records."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from optuna.trial import TrialState, create_trial

from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.pruners import Contender, Race
from nasattn.search.pruning.expecting import Expectations
from nasattn.search.pruning.standings import Standings, is_exempt
from nasattn.search.study.freeze import Material
from tests.search.test_proposing import make
from tests.studies import make_curve, make_trial

ROWS = count()


def attempt(number: int, optuna: TrialState = TrialState.FAIL, **changes: Any) -> Attempt:
    frozen = create_trial(state=optuna)
    frozen._trial_id = next(ROWS)
    return Attempt(make_trial(number, **changes), frozen)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return make(tmp_path_factory.mktemp("standings"), objectives=["accuracy", "params"])


def test_a_race_has_costs_and_accuracies_of_all_that_may_reach_the_front(
    material: Material,
) -> None:
    curve = make_curve(2)
    attempts = [
        attempt(0, curve=curve, params=5),
        attempt(1, TrialState.RUNNING, params=6),
        attempt(2, curve=curve, params=7, state="paused", waits_at=2),
        attempt(3, curve=curve, params=8, repeat=1),
        *(Attempt(replace(a.record, state=state), a.frozen) for a, state in _out_of_the_race()),
    ]
    seen = tuple(epoch["accuracy"] for epoch in curve)
    race = Standings(material.settings).race(attempts)
    assert race == Race(
        2,
        ("params",),
        (
            Contender(0, (5.0,), seen),
            Contender(1, (6.0,), ()),
            Contender(2, (7.0,), seen, waits=True),
            Contender(3, (8.0,), seen, exempt=True),
        ),
    )


def _out_of_the_race() -> list[tuple[Attempt, str]]:
    return [(attempt(4, curve=make_curve(2)), "failed"), (attempt(5), "invalid")]


def test_what_has_ended_is_read_once_and_what_runs_again(material: Material) -> None:
    standings = Standings(material.settings)
    ended, running = attempt(1), attempt(2, TrialState.RUNNING)
    standings.race([ended, running])
    later = [Attempt(replace(a.record, curve=make_curve(1)), a.frozen) for a in (ended, running)]
    assert [c.epoch for c in standings.race(later).contenders] == [0, 1]


def test_repeats_and_variants_are_exempt() -> None:
    trial = make_trial(3)
    assert not is_exempt(trial)
    assert is_exempt(replace(trial, repeat=1))
    assert is_exempt(replace(trial, variant="gated"))


@pytest.mark.parametrize("state", ["failed", "pruned"])
def test_of_a_trial_without_an_epoch_nothing_is_told(state: str) -> None:
    trial = make_trial(1, state=state, accuracy=None, epochs=0)
    assert Expectations(Race(2, (), ())).accuracy(trial) is None


def stopped_at(accuracy: float) -> Trial:
    return make_trial(9, state="pruned", accuracy=accuracy, curve=make_curve(1))


def test_a_stopped_trial_is_expected_to_end_as_others_that_were_as_good() -> None:
    ends = tuple(Contender(n, (), (0.1 * n, 0.5 + 0.1 * n)) for n in range(5))
    for accuracy, final in ((0.0, 0.5), (0.25, 0.75), (0.9, 1.0)):  # not above 1
        found = Expectations(Race(2, (), ends)).accuracy(stopped_at(accuracy))
        assert found == pytest.approx(final)
    assert Expectations(Race(2, (), ends)).accuracy(make_trial(1)) == make_trial(1).accuracy
    assert Expectations(Race(2, (), ends[:3])).accuracy(stopped_at(0.25)) == 0.25

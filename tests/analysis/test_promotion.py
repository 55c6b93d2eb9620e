import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nasattn.analysis import promising
from nasattn.analysis.forecast import Forecast
from nasattn.analysis.hypervolume import hypervolume, reference_point, scaled
from nasattn.analysis.promotion import Candidate, expected_gain
from nasattn.errors import UserError
from nasattn.records import Trial
from tests.studies import make_trial

RANGES = {"params": (50_000.0, 200_000.0), "flops": (500_000.0, 2_000_000.0)}
OBJECTIVES = ("accuracy", "flops")
EPOCHS = 6
accuracy = st.floats(0.01, 0.99).map(lambda value: round(value, 3))
cost = st.integers(500_000, 2_000_000)


def trial(number: int, final: float, flops: int, epochs: int = EPOCHS, **changes: Any) -> Trial:
    """Return a trial that rises to ``final`` in a line, as far as ``epochs``."""
    curve = tuple(
        {"epoch": epoch, "accuracy": final - 0.02 * (EPOCHS - epoch)}
        for epoch in range(1, epochs + 1)
    )
    state = {} if epochs == EPOCHS else {"state": "pruned"}
    last = curve[-1]["accuracy"] if curve else None
    values = {"accuracy": last, "flops": flops, "epochs": epochs, "curve": curve}
    return make_trial(number, **(values | state | changes))


def complete(*points: tuple[float, int]) -> list[Trial]:
    return [trial(number, *point) for number, point in enumerate(points)]


FRONT = complete((0.5, 600_000), (0.7, 900_000), (0.8, 1_500_000))


def ranked(trials: list[Trial]) -> tuple[Candidate, ...]:
    return promising(trials, OBJECTIVES, EPOCHS, RANGES)


def test_a_trial_that_is_dominated_for_sure_gains_nothing() -> None:
    # All rose alike, so that it will end at 0.6, above which a cheaper one is.
    (candidate,) = ranked([*FRONT, trial(3, 0.6, 1_000_000, 2)])
    assert candidate.forecast == pytest.approx((0.6, 0.0), abs=1e-9)
    assert candidate.gain == pytest.approx(0.0, abs=1e-12)


def test_nothing_is_gained_beside_a_perfect_cheaper_trial_however_unsure_the_forecast() -> None:
    members = [{"accuracy": 1.0, "flops": 600_000}, {"accuracy": 0.4, "flops": 500_000}]
    dearer = {"accuracy": 0.0, "flops": 600_001}
    assert expected_gain(members, dearer, Forecast(0.99, 0.5), RANGES) == 0.0


def test_without_doubt_it_is_the_hypervolume_that_the_point_adds() -> None:
    (candidate,) = ranked([*FRONT, trial(3, 0.75, 700_000, 3)])
    points = [scaled({"accuracy": t.accuracy or 0, "flops": t.flops}, RANGES) for t in FRONT]
    point = scaled({"accuracy": 0.75, "flops": 700_000}, RANGES)
    reference = reference_point(OBJECTIVES)
    added = hypervolume([*points, point], reference) - hypervolume(points, reference)
    assert candidate.gain == pytest.approx(added, abs=1e-9)


@pytest.mark.parametrize("objectives", [("accuracy",), OBJECTIVES, ("accuracy", "params", "flops")])
def test_it_is_the_mean_over_the_forecast(objectives: tuple[str, ...]) -> None:
    members = [
        {"accuracy": a, "params": p, "flops": f}
        for a, p, f in ((0.5, 60_000, 600_000), (0.6, 90_000, 800_000), (0.72, 80_000, 1_500_000))
    ]
    chosen = [{name: member[name] for name in objectives} for member in members]
    values = {"accuracy": 0, "params": 70_000, "flops": 900_000}
    candidate = {name: values[name] for name in objectives}
    reference, chance = reference_point(objectives), random.Random(3)
    points = [scaled(member, RANGES) for member in chosen]
    before = hypervolume(points, reference)
    total, count = 0.0, 4000
    for _ in range(count):
        reached = min(max(chance.gauss(0.65, 0.1), 0.0), 1.0)
        point = scaled({**candidate, "accuracy": reached}, RANGES)
        total += hypervolume([*points, point], reference) - before
    found = expected_gain(chosen, candidate, Forecast(0.65, 0.1), RANGES)
    assert found == pytest.approx(total / count, rel=0.08)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(accuracy, cost), min_size=3, max_size=6),
    st.lists(st.tuples(accuracy, cost, st.integers(0, 5)), min_size=1, max_size=4),
    st.sampled_from([10, 1000]),
    st.integers(0, 99),
)
def test_neither_a_costs_scale_nor_the_order_of_trials_matters(
    points: list[tuple[float, int]],
    halted: list[tuple[float, int, int]],
    scale: int,
    seed: int,
) -> None:
    trials = complete(*points)
    trials += [trial(len(trials) + place, *one) for place, one in enumerate(halted)]
    before = {c.trial.trial: c.gain for c in ranked(trials)}
    scaled_trials = [replace(t, flops=t.flops * scale) for t in trials]
    random.Random(seed).shuffle(scaled_trials)
    low, high = RANGES["flops"]
    after = promising(scaled_trials, OBJECTIVES, EPOCHS, {"flops": (low * scale, high * scale)})
    assert {c.trial.trial: c.gain for c in after} == pytest.approx(before, abs=1e-9)


@given(accuracy, cost, st.integers(1, 4), st.integers(1, 50))
def test_more_remaining_epochs_are_less_per_epoch(
    final: float, flops: int, epochs: int, more: int
) -> None:
    trials = [*FRONT, trial(3, final, flops, epochs)]
    short, long = (promising(trials, OBJECTIVES, e, RANGES)[0] for e in (EPOCHS, EPOCHS + more))
    assert short.gain == long.gain
    assume(short.gain > 1e-12)
    assert short.gain_per_epoch > long.gain_per_epoch


def test_the_better_of_two_equally_dear_comes_first() -> None:
    better, worse = trial(3, 0.9, 800_000, 2), trial(4, 0.85, 800_000, 2)
    assert [c.trial.trial for c in ranked([*FRONT, worse, better])] == [3, 4]


def test_only_paused_and_pruned_trials_of_the_recipe_are_candidates() -> None:
    trials = [
        *FRONT,
        trial(3, 0.9, 700_000, 2),
        trial(4, 0.9, 700_000, 0, state="paused"),
        trial(5, 0.9, 700_000, 2, state="failed"),
        trial(6, 0.9, 700_000, 2, state="invalid"),
        trial(7, 0.9, 700_000, 2, extended_to=60),
    ]
    assert {c.trial.trial for c in ranked(trials)} == {3, 4}


def test_too_little_to_judge_by_is_said() -> None:
    with pytest.raises(UserError, match="needs 3 complete trials"):
        ranked([*FRONT[:2], trial(3, 0.9, 700_000, 2)])
    with pytest.raises(UserError, match="no trial of the study is paused or pruned"):
        ranked(FRONT)

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.training import Recipe, Schedule
from nasattn.training.schedule import factor

STEPS = 20


def factors(recipe: Recipe) -> list[float]:
    return [factor(recipe, step, STEPS) for step in range(recipe.epochs * STEPS + 1)]


@given(st.integers(2, 20), st.floats(0, 1.9))
def test_cosine_rises_to_1_and_falls_to_0(epochs: int, warmup: float) -> None:
    found = factors(Recipe(epochs=epochs, schedule=Schedule(warmup_epochs=warmup)))
    rising = round(warmup * STEPS)
    assert found[:rising] == pytest.approx([(i + 1) / rising for i in range(rising)])
    assert found[rising] == 1
    assert found[-1] == pytest.approx(0, abs=1e-12)
    assert found[rising:] == sorted(found[rising:], reverse=True)


def test_cosine_is_half_way_at_half_time() -> None:
    assert factors(Recipe(epochs=10))[5 * STEPS] == pytest.approx(0.5)


def test_multistep_falls_when_a_milestone_is_done() -> None:
    schedule = Schedule(name="multistep", milestones=(2, 5), gamma=0.2)
    found = factors(Recipe(epochs=7, schedule=schedule))
    assert found[: 2 * STEPS] == [1] * (2 * STEPS)
    assert found[2 * STEPS : 5 * STEPS] == [0.2] * (3 * STEPS)
    assert found[5 * STEPS : -1] == pytest.approx([0.04] * (2 * STEPS))


@given(st.floats(0, 2))
def test_warm_up_is_strictly_rising_for_any_schedule(warmup: float) -> None:
    schedule = Schedule(name="multistep", milestones=(3,), warmup_epochs=warmup)
    found = factors(Recipe(epochs=4, schedule=schedule))[: round(warmup * STEPS) + 1]
    assert all(earlier < later for earlier, later in pairwise(found[:-1]))
    assert found[-1] == 1

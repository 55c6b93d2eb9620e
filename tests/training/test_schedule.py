from itertools import pairwise

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nasattn.training import Recipe, Schedule
from nasattn.training.schedule import factor, is_open_ended

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


@settings(max_examples=25)
@given(
    st.integers(1, 6),
    st.floats(0.01, 0.99),
    st.floats(1, 100),
    st.floats(1, 1e5),
    st.sampled_from([0.003, 0.1, 7.0]),
)
def test_one_cycle_is_torchs(
    epochs: int, pct_start: float, div_factor: float, final_div_factor: float, lr: float
) -> None:
    assume(pct_start * epochs * STEPS != 1)  # there torch divides by zero
    shape = {"pct_start": pct_start, "div_factor": div_factor}
    shape["final_div_factor"] = final_div_factor
    schedule = Schedule.model_validate({"name": "one-cycle", **shape})
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)])
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=epochs * STEPS, cycle_momentum=False, **shape
    )
    found = factors(Recipe(epochs=epochs, schedule=schedule))
    for step in range(epochs * STEPS):
        if step:
            optimizer.step()
            theirs.step()
        assert lr * found[step] == pytest.approx(theirs.get_last_lr()[0], rel=1e-12)


def test_left_out_the_settings_of_one_cycle_are_torchs() -> None:
    given = {"pct_start": 0.3, "div_factor": 25, "final_div_factor": 1e4}
    assert Schedule(name="one-cycle") == Schedule.model_validate({"name": "one-cycle", **given})


def test_a_peak_on_the_first_step_has_the_full_rate() -> None:
    schedule = Schedule(name="one-cycle", pct_start=1 / STEPS)
    assert factors(Recipe(epochs=1, schedule=schedule))[0] == 1


def test_warm_up_leads_to_the_first_rate_of_one_cycle() -> None:
    warmed = Schedule(name="one-cycle", warmup_epochs=2)
    found = factors(Recipe(epochs=6, schedule=warmed))
    assert found[: 2 * STEPS] == pytest.approx([(i + 1) / 40 / 25 for i in range(40)])
    after = factors(Recipe(epochs=4, schedule=Schedule(name="one-cycle")))
    assert found[2 * STEPS :] == after


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(),
        Schedule(warmup_epochs=1),
        Schedule(name="one-cycle"),
        Schedule(name="multistep", milestones=(2, 4)),
        Schedule(name="multistep", milestones=(3,), warmup_epochs=1.5),
    ],
)
def test_an_open_ended_schedule_does_not_look_ahead(schedule: Schedule) -> None:
    short, long = (factors(Recipe(epochs=epochs, schedule=schedule)) for epochs in (6, 12))
    trained = 6 * STEPS
    assert is_open_ended(schedule) == (short[:trained] == long[:trained])

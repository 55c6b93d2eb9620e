"""What holds for every pruner, whatever the trials so far."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from nasattn.search.pruners import (
    PRUNERS,
    Contender,
    DominancePruner,
    FreezeThawPruner,
    MedianPruner,
    MoAshaPromotionPruner,
    MoAshaPruner,
    NonePruner,
    Pruner,
    Race,
    Verdict,
)
from tests.search.pruners.races import front, races

# Eager ones: with few trials they must be able to err.
KEEP_THE_FRONT: tuple[Pruner, ...] = (
    MedianPruner(startup_trials=1),
    MoAshaPruner(eta=2, first_rung=1),
    MoAshaPruner(eta=3, order="crowding"),
)
EVERY: tuple[Pruner, ...] = (
    NonePruner(),
    *KEEP_THE_FRONT,
    MoAshaPromotionPruner(eta=2, first_rung=1),
    DominancePruner(delta=0.9, startup_trials=3),
    FreezeThawPruner(startup_trials=4, least_explained=0.0),
)
often = settings(max_examples=40, deadline=None)


def verdicts(pruner: Pruner, race: Race) -> dict[int, Verdict]:
    return {c.trial: pruner.verdict(race, c.trial) for c in race.contenders}


def test_every_pruner_is_put_to_the_test() -> None:
    assert {pruner.name for pruner in EVERY} == set(PRUNERS)


@often
@given(race=races(), data=st.data())
def test_order_and_repetition_change_nothing(race: Race, data: DataObject) -> None:
    twice = data.draw(st.lists(st.sampled_from(race.contenders), max_size=6))
    shuffled = data.draw(st.permutations([*race.contenders, *twice]))
    again = replace(race, contenders=tuple(shuffled))
    for pruner in EVERY:
        assert verdicts(pruner, again) == verdicts(pruner, race)
        assert pruner.promoted(again) == pruner.promoted(race)


@often
@given(race=races(), data=st.data())
def test_a_twin_changes_nothing_for_those_that_do_not_wait(race: Race, data: DataObject) -> None:
    """Also under a number of its own: it tells nothing new."""
    twin = replace(data.draw(st.sampled_from(race.contenders)), trial=99, waits=False)
    again = replace(race, contenders=(*race.contenders, twin))
    for pruner in EVERY:
        assert verdicts(pruner, race).items() <= verdicts(pruner, again).items()


@often
@given(race=races(), factors=st.tuples(*[st.sampled_from([1e-3, 0.3, 2.0, 7.7, 1e6])] * 2))
def test_the_unit_of_a_cost_changes_nothing(race: Race, factors: tuple[float, float]) -> None:
    scaled = tuple(
        replace(c, costs=tuple(a * b for a, b in zip(c.costs, factors, strict=False)))
        for c in race.contenders
    )
    again = replace(race, contenders=scaled)
    for pruner in EVERY:
        before, after = verdicts(pruner, race), verdicts(pruner, again)
        assert {t: type(v) for t, v in after.items()} == {t: type(v) for t, v in before.items()}
        assert pruner.promoted(again) == pruner.promoted(race)


@often
@given(race=races())
def test_some_are_never_stopped(race: Race) -> None:
    for contender in race.contenders:
        if contender.trial == 0 or contender.exempt or contender.epoch == race.epochs:
            for pruner in EVERY:
                assert pruner.verdict(race, contender.trial) is None
    assert set(verdicts(NonePruner(), race).values()) == {None}


@often
@given(race=races())
def test_a_trial_on_the_front_of_its_epoch_goes_on(race: Race) -> None:
    for asked in race.contenders:
        if asked.at(asked.epoch) in front({c.at(asked.epoch) for c in race.reached(asked.epoch)}):
            for pruner in KEEP_THE_FRONT:
                assert pruner.verdict(race, asked.trial) is None


@often
@given(race=races(), epoch=st.integers(1, 8))
def test_a_newcomer_that_dominates_all_others_goes_on(race: Race, epoch: int) -> None:
    curve = (0.0,) * (epoch - 1) + (1.0,)
    newcomer = Contender(99, (0.5,) * len(race.costs), curve)
    again = replace(race, contenders=(*race.contenders, newcomer))
    for pruner in KEEP_THE_FRONT:
        assert pruner.verdict(again, 99) is None


def test_all_but_none_do_stop() -> None:
    """So that the laws above are not kept by doing nothing."""
    good = [(0.9 - 0.01 * n, 0.91, 0.95 - 0.01 * n, *(0.96 - 0.01 * n,) * 6) for n in range(6)]
    for pruner in EVERY:
        asked = {pruner.verdict(_race([*good, bad]), 7) for bad in ((0.1,), (0.1, 0.2, 0.1))}
        assert (asked == {None}) == isinstance(pruner, NonePruner)


def _race(curves: list[tuple[float, ...]]) -> Race:
    found = (Contender(n, (1e6 + n,), curve) for n, curve in enumerate(curves, 1))
    return Race(9, ("params",), tuple(found))

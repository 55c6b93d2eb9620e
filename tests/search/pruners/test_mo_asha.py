"""Both types of successive halving: who goes on at a rung, and who is promoted first."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasattn.errors import UserError
from nasattn.search.pruners import (
    Contender,
    MoAshaPromotionPruner,
    MoAshaPruner,
    Pause,
    Race,
    Stop,
)
from tests.search.pruners.races import dominates, front, races, rung

often = settings(max_examples=40, deadline=None)
orders = st.sampled_from(["epsilon-net", "crowding"])


@often
@given(race=races(most=20), epoch=st.sampled_from([1, 3]), order=orders, eta=st.integers(2, 4))
def test_the_quota_counts_those_behind_the_front(
    race: Race, epoch: int, order: str, eta: int
) -> None:
    pruner = MoAshaPruner(eta=eta, first_rung=epoch, order=order)
    there = rung(race, epoch)
    points = {c.at(epoch) for c in there.contenders}
    through = {c.at(epoch) for c in there.contenders if pruner.verdict(there, c.trial) is None}
    best = front(points)
    assert best <= through
    assert len(through - best) == -(-len(points - best) // eta)
    # Nobody goes on while one that is better in everything does not.
    assert not any(dominates(out, kept) for out in points - through for kept in through)


def test_a_stop_names_who_is_better_and_by_how_much() -> None:
    drawn = [(0.31, 0.66), (0.31, 0.64), (0.29, 0.63), (0.27, 0.66), (0.28, 0.40), (0.29, 0.61)]
    curves = [Contender(n, (1e6 * cost,), (accuracy,)) for n, (cost, accuracy) in enumerate(drawn)]
    verdict = MoAshaPruner(first_rung=1).verdict(Race(9, ("params",), tuple(curves)), 5)
    assert verdict == Stop(
        "epoch 1: 61.00 % at 0.29 M params; trial 3 has 66.00 % at 0.27 M params; "
        "not among the best 3 of 6 that go on"
    )


def test_rungs_are_powers_of_eta_below_the_last_epoch() -> None:
    assert MoAshaPruner().rungs(30) == (4, 12)
    assert MoAshaPruner(first_rung=1).rungs(27) == (1, 3, 9)
    assert MoAshaPruner(eta=2, first_rung=3).rungs(13) == (3, 6, 12)
    assert MoAshaPruner().rungs(1) == ()
    assert MoAshaPruner(eta=4).resolved(30) == MoAshaPruner(eta=4, first_rung=2)
    with pytest.raises(UserError, match=re.escape("search.pruner.first_rung = 30: must be below")):
        MoAshaPruner(first_rung=30).resolved(30)


PROMOTION = MoAshaPromotionPruner(eta=3, first_rung=1)


def waiting(race: Race) -> dict[int, Contender]:
    return {
        c.trial: c for c in race.contenders if c.waits and c.epoch in PROMOTION.rungs(race.epochs)
    }


def is_on_front(race: Race, contender: Contender) -> bool:
    epoch = contender.epoch
    return contender.at(epoch) in front({c.at(epoch) for c in race.reached(epoch)})


@often
@given(race=races(most=20))
def test_members_of_a_front_are_promoted_before_any_other(race: Race) -> None:
    promoted, left = PROMOTION.promoted(race), waiting(race)
    on_front = [trial for trial, c in left.items() if is_on_front(race, c)]
    assert promoted is None or promoted in left
    assert promoted in on_front or not on_front
    if on_front:
        assert left[promoted or 0].epoch == max(left[trial].epoch for trial in on_front)


def test_a_front_member_of_a_low_rung_comes_before_the_quota_of_a_high_one() -> None:
    past = [Contender(n, (1e6,), (0.5, 0.5, 0.9 - 0.1 * n)) for n in range(4)]
    within = replace(past[1], waits=True)
    member = Contender(9, (1e6,), (0.6,), waits=True)
    race = Race(9, ("params",), (past[0], within, *past[2:]))
    assert PROMOTION.promoted(race) == 1
    assert PROMOTION.promoted(replace(race, contenders=(*race.contenders, member))) == 9


@often
@given(race=races(most=20))
def test_promotion_goes_on_until_the_quota_is_used_up(race: Race) -> None:
    begun = waiting(race)
    left = race
    while (trial := PROMOTION.promoted(left)) is not None:
        rest = (replace(c, waits=c.waits and c.trial != trial) for c in left.contenders)
        left = replace(left, contenders=tuple(rest))
        assert len(waiting(left)) < len(begun)
    for epoch in PROMOTION.rungs(race.epochs):
        points = {c.at(epoch) for c in race.reached(epoch)}
        held = {c.at(epoch) for c in waiting(left).values() if c.epoch == epoch}
        best = front(points)
        assert not held & best
        behind = len(points - best)
        assert len(held) <= behind - behind // 3


@often
@given(race=races(most=20))
def test_a_trial_pauses_unless_it_would_be_promoted_at_once(race: Race) -> None:
    for asked in race.contenders[1:]:
        if asked.exempt or asked.epoch not in PROMOTION.rungs(race.epochs):
            continue
        others = (c for c in race.contenders if c != asked)
        paused = replace(race, contenders=(*others, replace(asked, waits=True)))
        verdict = PROMOTION.verdict(race, asked.trial)
        assert (verdict is None) == (PROMOTION.promoted(paused) == asked.trial)
        words = f"waits at epoch {asked.epoch} for promotion"
        assert verdict is None or (isinstance(verdict, Pause) and verdict.reason.startswith(words))

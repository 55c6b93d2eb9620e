import math
import random
import statistics
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.analysis import baseline, direction, dominators, front
from nasattn.analysis.dominance import dominates
from nasattn.analysis.pareto import Result
from nasattn.records import STATES, Trial
from tests.studies import make_trial

COSTS = ("params", "flops", "latency_ms")
COST_RANGE = {"params": (1.0, 100.0), "flops": (1.0, 100.0)}

small = st.integers(1, 8)
trials = st.lists(
    st.builds(
        make_trial,
        st.just(0),
        accuracy=st.none() | small.map(lambda n: n / 8),
        params=small,
        flops=small,
        latency_ms=st.none() | small.map(float),
        state=st.sampled_from(("complete",) * 5 + STATES),
    ),
    max_size=14,
).map(lambda found: [replace(t, trial=n, digest=f"{n:012x}") for n, t in enumerate(found)])
objectives = st.sampled_from(
    [("accuracy",), ("accuracy", "flops"), ("accuracy", *COSTS), ("params", "accuracy"), ("flops",)]
)


def point(trial: Trial, names: tuple[str, ...]) -> tuple[float, ...] | None:
    values = [getattr(trial, name) for name in names]
    if None in values:
        return None
    return tuple(-v if name == "accuracy" else v for name, v in zip(names, values, strict=True))


def digests(results: tuple[Result, ...]) -> list[str]:
    return [result.trial.digest for result in results]


@given(trials, objectives)
def test_no_member_is_dominated_and_every_other_is(
    found: list[Trial], names: tuple[str, ...]
) -> None:
    best = front(found, names)
    members = [point(member.trial, names) for member in best.members]
    complete = {
        trial.digest: point(trial, names)
        for trial in found
        if trial.state == "complete" and point(trial, names)
    }
    assert all(not dominates(p, m) for p in complete.values() if p for m in members if m)
    for digest, p in complete.items():
        assert p
        if digest not in digests(best.members):
            assert any(m and dominates(m, p) for m in members)
    for result in best.results:
        better = dominators(result, best)
        assert bool(better) == (result not in best.members)


@given(trials, objectives)
def test_the_front_of_the_front_is_the_front(found: list[Trial], names: tuple[str, ...]) -> None:
    best = front(found, names)
    again = front([member.trial for member in best.members], names)
    assert digests(again.members) == digests(best.members)


@given(trials, objectives, st.integers(0, 99))
def test_the_order_of_trials_does_not_matter(
    found: list[Trial], names: tuple[str, ...], seed: int
) -> None:
    mixed = list(found)
    random.Random(seed).shuffle(mixed)
    assert front(mixed, names, COST_RANGE) == front(found, names, COST_RANGE)


@given(trials, objectives, st.sampled_from([math.log, lambda c: c**3, lambda c: 7 * c + 1]))
def test_rising_functions_of_a_cost_change_nothing(
    found: list[Trial], names: tuple[str, ...], rising: Callable[[float], float]
) -> None:
    other = [replace(trial, flops=rising(trial.flops)) for trial in found]
    assert set(digests(front(other, names).members)) == set(digests(front(found, names).members))


@given(trials, objectives)
def test_members_are_sorted_by_the_first_cost(found: list[Trial], names: tuple[str, ...]) -> None:
    first = next((name for name in names if name != "accuracy"), None)
    best = front(found, names)
    if first:
        for results in (best.members, best.listed if best.baseline in best.results else ()):
            costs = [getattr(result.trial, first) for result in results]
            assert costs == sorted(costs)


@given(trials)
def test_repeats_are_averaged(found: list[Trial]) -> None:
    same = [replace(trial, digest="d" * 12) for trial in found]
    accuracies = [t.accuracy for t in same if t.state == "complete" and t.accuracy is not None]
    best = front(same, ("accuracy",))
    if not accuracies:
        assert best.members == ()
        return
    (member,) = best.members
    assert member.repeats == len([t for t in same if t.state == "complete"])
    assert member.trial.accuracy == pytest.approx(statistics.fmean(accuracies))
    if len(accuracies) > 1:
        assert member.accuracy_sd == pytest.approx(statistics.stdev(accuracies), abs=1e-12)
    else:
        assert member.accuracy_sd is None


def test_equal_architectures_are_all_members() -> None:
    twins = [make_trial(n, accuracy=0.5, flops=10) for n in range(3)]
    assert digests(front(twins, ("accuracy", "flops")).members) == digests(
        front(twins, ("accuracy",)).members
    )
    assert [m.trial.trial for m in front(twins, ("accuracy", "flops")).members] == [0, 1, 2]


@pytest.mark.parametrize("state", sorted(set(STATES) - {"complete"}))
def test_what_is_not_complete_is_on_no_front(state: str) -> None:
    best = front([make_trial(0, state=state)], ("accuracy", "flops"), COST_RANGE)
    assert (best.members, best.results, best.baseline, best.knee) == ((), (), None, None)
    assert best.hypervolume == 0.0


def test_the_baseline_is_the_architecture_of_trial_0() -> None:
    found = [make_trial(0, flops=900), make_trial(1, accuracy=0.99, flops=5)]
    best = front(found, ("accuracy", "flops"))
    assert best.baseline
    assert best.baseline.trial == found[0]
    assert digests(best.listed) == [found[1].digest, found[0].digest]


def test_a_repeat_stands_in_for_a_baseline_that_failed() -> None:
    found = [make_trial(0, state="failed"), make_trial(7, digest=make_trial(0).digest)]
    result = baseline(found)
    assert result
    assert result.trials == (7,)


def test_there_is_no_baseline_without_trial_0() -> None:
    assert baseline([make_trial(1), make_trial(2)]) is None


def test_the_hypervolume_needs_every_cost_range() -> None:
    found = [make_trial(0)]
    unmeasured = [make_trial(0, state="failed"), make_trial(1, latency_ms=2.0)]
    assert front(unmeasured, ("accuracy", "latency_ms"), COST_RANGE).hypervolume is None
    assert front(found, ("accuracy", "flops")).hypervolume is None
    assert front(found, ("accuracy",)).hypervolume == found[0].accuracy


def test_the_hypervolume_by_hand() -> None:
    found = [make_trial(0, accuracy=0.5, flops=1), make_trial(1, accuracy=0.8, flops=10)]
    best = front(found, ("accuracy", "flops"), COST_RANGE)
    assert best.hypervolume == pytest.approx(0.5 * 1.05 + 0.3 * 0.55)


def test_latency_is_scaled_by_the_baselines_whatever_else_was_measured() -> None:
    """Twice the baseline's is log 2 of the way to ten times it; more than that counts nothing."""
    names = ("accuracy", "latency_ms")
    base = make_trial(0, accuracy=0.5, latency_ms=3.0)
    twice = make_trial(1, accuracy=0.8, latency_ms=6.0)
    best = front([base, twice], names, COST_RANGE)
    assert best.cost_range == {"latency_ms": (3.0, 30.0)}
    expected = 0.5 * 1.05 + 0.3 * (1.05 - math.log10(2))
    assert best.hypervolume == pytest.approx(expected)
    slow = make_trial(2, accuracy=0.9, latency_ms=3.0 * 10**1.06)
    assert front([base, twice, slow], names, COST_RANGE).hypervolume == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"), [("accuracy", "maximize"), ("flops", "minimize"), ("params", "minimize")]
)
def test_directions(name: str, expected: str) -> None:
    assert direction(name) == expected

"""How replays are measured: the share of the true front, and what many of them come to."""

import math
from collections.abc import Mapping, Sequence

import pytest

from nasattn.analysis.hypervolume import hypervolume
from nasattn.analysis.replays import quartiles, share_at, summarise
from nasattn.analysis.yardstick import Step, Yardstick
from nasattn.records.replay import Ended, Replay
from nasattn.records.table import Table
from tests.analysis.test_validity import table_of, trained
from tests.studies import make_trial

# Accuracies of two repeats; the costs rise with the row.
VALUES = ((0.50, 0.50), (0.62, 0.58), (0.72, 0.40), (0.70, 0.74), (0.65, 0.67), (0.80, 0.80))
FRONT = (0, 1, 3, 5)


def digest(row: int) -> str:
    return f"{row:012x}"


def table() -> Table:
    return table_of(trained(VALUES))


def replay(
    rows: Sequence[tuple[int, int, float]], states: Mapping[int, str] | None = None
) -> Replay:
    """Return a replay in which rows ended after so many epochs with an accuracy."""
    ended = tuple(Ended(spent, digest(row), accuracy) for spent, row, accuracy in rows)
    trials = tuple(
        make_trial(number, digest=digest(row), state=state)
        for number, (row, state) in enumerate((states or {}).items())
    )
    return Replay(0, trials, ended, 100, 50.0, 0.3, 0.1)


def test_the_true_front_has_all_and_the_rest_adds_nothing() -> None:
    found = Yardstick(table())
    assert found.front == {digest(row) for row in FRONT}
    assert found.share(found.front) == pytest.approx(1)
    assert found.share(digest(row) for row in range(6)) == pytest.approx(1)
    assert found.share([]) == 0


def test_the_share_is_the_hypervolume_in_the_coordinates_that_are_written_down() -> None:
    def scaled(row: int) -> tuple[float, float]:
        mean = sum(VALUES[row]) / 2
        cost = math.log((800_000 + row) / 800_000) / math.log(800_005 / 800_000)
        return (0.80 - mean) / (0.80 - 0.50), cost

    unit = hypervolume([scaled(row) for row in FRONT], (1.05, 1.05))
    part = hypervolume([scaled(row) for row in (0, 4)], (1.05, 1.05))
    assert Yardstick(table()).share([digest(0), digest(4)]) == pytest.approx(part / unit)


def test_more_architectures_never_have_less() -> None:
    found, rows = Yardstick(table()), [digest(row) for row in (4, 2, 0, 5, 1, 3)]
    shares = [found.share(rows[:count]) for count in range(7)]
    assert shares == sorted(shares)


def test_how_far_a_training_went_astray_does_not_matter() -> None:
    values = [[0.6 + 0.01 * (row * 7 % 13)] for row in range(12)]
    near, far = (Yardstick(table_of(trained([*values, [low]]))) for low in (0.4, 0.0))
    for row in range(13):
        assert far.share([digest(row)]) == pytest.approx(near.share([digest(row)]))
    assert far.share([digest(12)]) == 0


def test_a_search_is_measured_by_the_truth_about_what_it_believes() -> None:
    found = Yardstick(table())
    # Row 2 was lucky: in this repeat it hides row 3, which truly is better.
    lucky = replay([(4, 0, 0.50), (8, 3, 0.70), (12, 2, 0.72)])
    steps = list(found.steps(lucky))
    assert [step.spent for step in steps] == [4, 8, 12]
    assert steps[1].share == pytest.approx(found.share([digest(0), digest(3)]))
    assert steps[2].share == pytest.approx(found.share([digest(0), digest(2)]))
    assert steps[2].share < steps[1].share


def test_what_is_dominated_as_it_was_seen_changes_nothing() -> None:
    steps = list(Yardstick(table()).steps(replay([(4, 3, 0.74), (8, 4, 0.65), (12, 5, 0.74)])))
    assert [step.spent for step in steps] == [4]


def test_between_steps_a_search_has_what_it_had() -> None:
    steps = [Step(4, 0.3), Step(9, 0.8), Step(9, 0.7)]
    assert [share_at(steps, spent) for spent in (0, 3, 4, 8, 9, 50)] == [0, 0, 0.3, 0.3, 0.7, 0.7]


def test_quartiles_of_what_may_never_happen() -> None:
    assert quartiles([4, 1, 3, 2]) == (1.75, 2.5, 3.25)
    assert quartiles([1, 2, 3, math.inf, math.inf]) == (2, 3, math.inf)
    assert quartiles([1, 2, math.inf, math.inf])[1:] == (math.inf, math.inf)
    assert quartiles([7]) == (7, 7, 7)


def test_the_level_is_random_searchs_and_the_first_passage_counts() -> None:
    whole = [(10 * (n + 1), row, sum(VALUES[row]) / 2) for n, row in enumerate(FRONT)]
    random = replay(whole, {0: "complete"})
    quick = replay([(spent // 2, row, accuracy) for spent, row, accuracy in whole], {0: "complete"})
    poor = replay(whole[:1], {0: "complete"})
    found = summarise(table(), [quick, quick, poor], [random], 100)
    assert found.level == pytest.approx(1)
    assert found.reached == (20, 20, math.inf)
    assert found.misses == 1
    assert found.spent[-1] == 100
    assert found.shares[-1].median == pytest.approx(1)
    assert found.finals[2] == pytest.approx(Yardstick(table()).share([digest(0)]))
    medians = [share.median for share in found.shares]
    assert medians == sorted(medians)
    assert (found.proposing_ms, found.judging_ms) == (pytest.approx(300), pytest.approx(100))


def test_false_stops_are_those_of_the_true_front_but_for_trial_0() -> None:
    states = {0: "complete", 1: "pruned", 2: "pruned", 3: "paused", 4: "pruned", 5: "complete"}
    one = replay([(4, 0, 0.5)], states)
    found = summarise(table(), [one, one], [one], 100).false_stops
    assert found == (6, 2, 2)
    assert found.share == pytest.approx(1 / 3)
    none = summarise(table(), [replay([], {0: "complete"})], [one], 100).false_stops
    assert none.share is None

"""Laws of replays, on tables whose accuracies are made up."""

from dataclasses import replace

import pytest

from nasattn.analysis.replays import summarise
from nasattn.analysis.yardstick import Yardstick
from nasattn.errors import UserError
from nasattn.records.replay import Replay
from nasattn.records.table import Table
from nasattn.search.replay.replaying import replay as run
from nasattn.search.replay.replaying import replays
from nasattn.search.replay.tabled import Engine, read_pruner, searchable
from tests.search.replay.made_tables import made_table, scaled_costs

EPOCHS = 6
ENGINES = [
    ("random", "none"),
    ("random", "mo-asha"),
    ("tpe", "median"),
    ("nsga2", "mo-asha-promotion"),
    ("random", "dominance"),
    ("random", "freeze-thaw"),
]


def engine(sampler: str, pruner: str, budget: int, workers: int = 1) -> Engine:
    return Engine(sampler, read_pruner(pruner, EPOCHS), budget, None, workers)


def replay(table: Table, asked: Engine, seed: int = 0) -> Replay:
    return run(table, searchable(table), asked, seed, lambda: None)


def told(found: Replay) -> list[tuple[object, ...]]:
    return [(t.trial, t.digest, t.state, t.epochs, t.reason) for t in found.trials]


@pytest.mark.parametrize("repeats", [1, 2])
def test_the_grid_without_stopping_finds_all_there_is(repeats: int) -> None:
    table = made_table(repeats=repeats)
    found = replay(table, engine("grid", "none", 10**6))
    assert {t.digest for t in found.trials} == set(table.by_digest())
    assert len(found.trials) == 27
    assert found.spent == 27 * EPOCHS
    assert {t.state for t in found.trials} == {"complete"}
    yardstick = Yardstick(table)
    last = list(yardstick.steps(found))[-1]
    # Of one repeat what was seen is the truth; of more the observed front is not the true one.
    assert last.share == pytest.approx(1) if repeats == 1 else 0.5 < last.share <= 1
    assert yardstick.share(t.digest for t in found.trials) == pytest.approx(1)


@pytest.mark.parametrize(("sampler", "pruner"), ENGINES)
@pytest.mark.parametrize("workers", [1, 3])
def test_the_budget_is_what_is_trained_and_nothing_more(
    sampler: str, pruner: str, workers: int
) -> None:
    found = replay(made_table(), engine(sampler, pruner, 40, workers), seed=2)
    assert found.spent == sum(t.epochs for t in found.trials) == 40
    assert all(ended.spent <= 40 for ended in found.ended)
    assert len(found.ended) == sum(t.state == "complete" for t in found.trials)
    assert sum(t.state == "running" for t in found.trials) <= workers


@pytest.mark.parametrize(("sampler", "pruner"), ENGINES[2:4])
def test_a_seed_is_one_replay(sampler: str, pruner: str) -> None:
    table, asked = made_table(), engine(sampler, pruner, 30, 2)
    first, again, other = (replay(table, asked, seed) for seed in (3, 3, 4))
    assert first == again
    assert told(first) != told(other)


@pytest.mark.parametrize(("sampler", "pruner"), ENGINES[1:])
def test_the_unit_of_a_cost_changes_nothing(sampler: str, pruner: str) -> None:
    table, asked = made_table(), engine(sampler, pruner, 40)
    dearer = scaled_costs(table, 8)
    one, other = replay(table, asked), replay(dearer, asked)
    strip = [row[:4] for row in told(one)]  # the reasons name the costs
    assert strip == [row[:4] for row in told(other)]
    steps, others = list(Yardstick(table).steps(one)), list(Yardstick(dearer).steps(other))
    assert [s.spent for s in steps] == [s.spent for s in others]
    assert [s.share for s in steps] == pytest.approx([s.share for s in others])


def test_workers_train_side_by_side() -> None:
    table = made_table()
    alone, four = (replay(table, engine("random", "none", 60, w)) for w in (1, 4))
    assert four.seconds < 0.4 * alone.seconds
    assert [t.digest for t in four.trials][:8] == [t.digest for t in alone.trials][:8]
    assert alone.seconds == pytest.approx(sum(t.seconds for t in alone.trials))


def test_all_trainings_of_a_replay_are_of_one_repeat_that_its_seed_draws() -> None:
    table = made_table(repeats=2)
    finals = {(t.digest, t.accuracy): t.repeat for t in table.trials}
    drawn = set()
    for seed in range(5):
        found = replay(table, engine("random", "none", 18), seed)
        of = {finals[ended.digest, ended.accuracy] for ended in found.ended}
        assert len(of) == 1
        drawn |= of
    assert drawn == {0, 1}


def test_an_exhausted_table_ends_a_replay_and_those_that_wait() -> None:
    found = replay(made_table(), engine("random", "mo-asha-promotion", 10**6, 2))
    assert len(found.trials) == 27
    assert {t.state for t in found.trials} == {"complete", "pruned"}
    assert all("promotion" in t.reason for t in found.trials if t.state == "pruned")


def test_a_total_ends_a_replay_too() -> None:
    asked = replace(engine("random", "median", 10**6, 2), trials=9)
    found = replay(made_table(), asked)
    assert len(found.trials) == 9
    assert {t.state for t in found.trials} <= {"complete", "pruned"}


def test_the_budget_of_the_study_holds_in_a_replay() -> None:
    table = made_table()
    bound = sorted(t.params for t in table.trials)[20]
    settings = {**table.study.settings, "budget": {"params": bound}}
    tight = replace(table, study=replace(table.study, settings=settings))
    found = replay(tight, engine("random", "none", 10**6))
    assert {t.digest for t in found.trials} == {t.digest for t in table.trials if t.params <= bound}


def test_what_a_table_lacks_is_never_proposed() -> None:
    table = made_table()
    kept = table.trials[:24]
    part = replace(table, trials=kept, params=table.params[:24])
    found = replay(part, engine("tpe", "none", 10**6))
    assert {t.digest for t in found.trials} == {t.digest for t in kept}


def test_a_table_without_the_bare_backbone_cannot_be_searched() -> None:
    table = made_table()
    with pytest.raises(UserError, match="trial 0 of every search, the bare resnet8"):
        searchable(replace(table, trials=table.trials[2:], params=table.params[2:]))


def test_a_table_of_a_small_part_of_its_space_cannot_be_searched() -> None:
    table = made_table()
    part = replace(table, trials=table.trials[:8], params=table.params[:8])  # 4 of 27
    with pytest.raises(UserError, match="has 4 of 27 architectures of its search space"):
        searchable(part)


def test_exempt_trials_come_to_their_end() -> None:
    asked = replace(engine("random", "mo-asha", 10**6), exempt=0.8)
    found = replay(made_table(), asked)
    spared = [t for t in found.trials if t.spared_at is not None]
    assert spared
    assert all(t.state == "complete" and 0 < (t.spared_at or 0) < EPOCHS for t in spared)
    assert any(t.state == "pruned" for t in found.trials)


def test_processes_replay_the_same() -> None:
    table, asked = made_table(), [engine("random", "median", 30)]
    seeds = range(3)
    assert list(replays(table, asked, seeds)) == [
        (replay(table, asked[0], seed),) for seed in seeds
    ]


@pytest.mark.slow
def test_so_they_do_in_other_processes() -> None:
    table, asked = made_table(), [engine("random", "median", 30), engine("tpe", "none", 30)]
    assert list(replays(table, asked, range(4), jobs=2)) == list(replays(table, asked, range(4)))


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.001, 0.004, 0.012])
def test_dominance_stops_few_of_the_true_front(noise: float) -> None:
    delta, table = 0.2, made_table(modules=4, noise=noise)
    pruner = f'{{ name = "dominance", delta = {delta} }}'
    asked = Engine("random", read_pruner(pruner, EPOCHS), 60 * EPOCHS, None, 1)
    found = [replay(table, asked, seed) for seed in range(8)]
    stops = summarise(table, found, found, asked.budget).false_stops
    assert stops.share is not None
    error = (stops.share * (1 - stops.share) / stops.begun) ** 0.5
    assert stops.share - 2 * error <= delta
    assert any(t.state == "pruned" for replayed in found for t in replayed.trials)


def test_that_trainings_were_resumed_by_hand_changes_no_replay() -> None:
    table = made_table()
    by_hand = replace(table, trials=tuple(replace(t, by_hand=True) for t in table.trials))
    asked = engine("random", "mo-asha", 60)
    found = replay(by_hand, asked)
    assert told(found) == told(replay(table, asked))
    assert "pruned" in {trial.state for trial in found.trials}

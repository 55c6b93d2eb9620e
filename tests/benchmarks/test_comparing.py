"""What the comparison of engines stands on: nothing is read that runs code, nobody pays twice."""

import math
import pickle
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from comparing import peers, verdict
from comparing.bed import Bed, table_bed
from comparing.cells import read_plain
from comparing.course import Course, SpentError
from comparing.outcome import Outcome
from optuna.samplers import RandomSampler

from nasattn.analysis.yardstick import Step
from tests.search.replay.made_tables import made_table


@pytest.fixture(scope="module")
def bed() -> Bed:
    found = table_bed("made-up", made_table())
    return Bed(found.name, found.table, found.domain, found.catalogue, trainings=12)


def test_a_pickle_of_plain_values_is_read_and_no_other(tmp_path: Path) -> None:
    file, plain = tmp_path / "a.pkl", {"421211": {"val_acc": [82.1, 81.6], "model_size": [0.1]}}
    file.write_bytes(pickle.dumps(plain))
    assert read_plain(file) == plain
    for harmful in (Path("x"), print, math.inf.__class__):
        file.write_bytes(pickle.dumps([harmful]))
        with pytest.raises(pickle.UnpicklingError, match="no plain value"):
            read_plain(file)


@pytest.mark.parametrize("peer", ["random", "local_search", "optuna_asha", "optuna_sampler"])
def test_the_budget_is_what_is_trained_and_nothing_twice(bed: Bed, peer: str) -> None:
    course = Course(bed, 3)
    options: dict[str, Any] = {"make": lambda seed: RandomSampler(seed=seed)}
    with suppress(SpentError):
        getattr(peers, peer)(course, **options if peer == "optuna_sampler" else {})
    found = course.replay()
    digests = [trial.digest for trial in found.trials]
    assert digests[0] == bed.domain.bare
    assert len(set(digests)) == len(digests)
    assert found.spent == sum(trial.epochs for trial in found.trials)
    assert found.spent == bed.budget or len(digests) == len(bed.domain.params)
    assert [end.digest for end in found.ended] == [
        trial.digest for trial in found.trials if trial.state == "complete"
    ]


def test_neighbours_differ_in_one_decision(bed: Bed) -> None:
    for digest in list(bed.domain.params)[:5]:
        assert len(bed.domain.neighbours(digest)) == 3 * 2
        assert bed.domain.read(bed.domain.params[digest]) == digest


def outcome(engine: str, seed: int, *shares: float) -> Outcome:
    """Return a search that had these shares after 10, 20, … of 100 epochs."""
    steps = tuple(Step(10 * place, share) for place, share in enumerate(shares, 1))
    return Outcome("", "", engine, seed, 100, steps, 4, 1, 0, 9, 8, 0.9, 0.99, 2.0, 0.1)


def test_outcomes_are_kept_as_they_are() -> None:
    one = outcome("any", 3, 0.2, 0.4)
    assert Outcome.read(one.line()) == one


def test_bars_are_met_or_missed_by_so_much() -> None:
    runs = {
        "ours": [outcome("ours", seed, 0.5, 0.7, 0.95) for seed in range(3)],
        "random, none": [
            outcome("random, none", seed, *[0.1] * 4, 0.6, 0.6 + seed / 100) for seed in range(3)
        ],
    }
    level = verdict.level_of(runs["random, none"])
    assert level == pytest.approx(0.61)
    ours, random = (verdict.sums(several, level) for several in runs.values())
    assert ours.reach.median == pytest.approx(0.2)
    assert random.misses == 1
    assert ours.half.median == pytest.approx(0.95)
    met = [line.startswith("met") for line in verdict.bars(ours, [random], runs, 0.1)]
    # A third, the aim of a fifth, 3/4 of random's; false stops 3 of 12; the end; a claim of 1.1.
    assert met == [True, True, True, False, True, False]
    assert "2.50 times what is allowed" in verdict.bars(ours, [random], runs, 0.1)[3]


def test_of_all_others_the_one_that_is_surely_ahead_is_named() -> None:
    runs = {
        "ours": [outcome("ours", seed, 0.5, 0.8) for seed in range(4)],
        "noisy": [outcome("noisy", seed, 0.5, 0.82 + 0.1 * (seed % 2)) for seed in range(4)],
        "sure": [outcome("sure", seed, 0.5, 0.83 + 0.001 * (seed % 2)) for seed in range(4)],
        "once": [outcome("once", 0, 0.9)],
    }
    ours, *others = (verdict.sums(several, 0.7) for several in runs.values())
    line = next(x for x in verdict.bars(ours, others, runs, 0.1) if "at the end" in x)
    assert line.startswith("NOT met: hypervolume at the end less that of sure: -0.0305")


def test_who_never_gets_there_has_met_nothing() -> None:
    runs = {name: [outcome(name, seed, 0.5) for seed in range(3)] for name in ("ours", "other")}
    ours, other = (verdict.sums(several, 0.7) for several in runs.values())
    reached = verdict.bars(ours, [other], runs, 0.1)[:3]
    assert [line.partition(":")[0] for line in reached] == ["NOT met"] * 3

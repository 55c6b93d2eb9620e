"""A replay decides as the real search does: the same architectures, stopped at the same epochs."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

from nasattn.errors import StoppedError
from nasattn.records import Trial, load_study, load_trials
from nasattn.records.table import Table, export_table
from nasattn.report.live import make_observer
from nasattn.search.opening import search
from nasattn.search.replay.replaying import replay
from nasattn.search.replay.tabled import Engine, read_pruner, searchable
from nasattn.search.study.freeze import Material
from nasattn.search.study.session import Session
from nasattn.search.study.study_file import read_study_file
from nasattn.search.working import trial_run
from nasattn.training import Epoch, Shelf
from tests.search.replay.made_tables import made_table, space
from tests.search.tiny import SPACE, STUDY, write_study

EPOCHS, TRIALS, SEED, EXEMPT = 6, 14, 5, 0.4
ENGINES = [
    ("nsga2", '{ name = "mo-asha", eta = 2, first_rung = 1 }'),
    ("tpe", '{ name = "mo-asha-promotion", eta = 2, first_rung = 1 }'),
    ("random", '{ name = "median", startup_trials = 2 }'),
    ("tpe", '{ name = "dominance", delta = 0.6, startup_trials = 3 }'),
    ("cost-aware", '{ name = "freeze-thaw", startup_trials = 4, least_explained = 0.0 }'),
    ("gp", "none"),
    ("grid", '{ name = "mo-asha", eta = 2 }'),
]
QUICK = ENGINES[:1]


def decisions(trials: tuple[Trial, ...]) -> list[tuple[Any, ...]]:
    return [
        (t.trial, t.digest, t.state, t.epochs, t.reason, t.accuracy, t.spared_at) for t in trials
    ]


def searched(
    folder: Path,
    file: Path,
    name: str,
    check: Callable[[], None] = lambda: None,
    **overrides: object,
) -> tuple[Trial, ...]:
    """Run a real search, again whenever it is stopped; return its trials."""
    settings = {key.replace("__", "."): value for key, value in overrides.items()}
    study, home = read_study_file(file, {"name": name, **settings})
    session = Session(folder / "runs", torch.device("cpu"), make_observer(), check)
    is_done = False
    while not is_done:
        with suppress(StoppedError):
            search(study, home, str(file), session)
            is_done = True
    return load_trials(load_study(folder / "runs", name), curves=True)


def replayed(
    table: Table, sampler: str, pruner: str, epochs: int, trials: int
) -> tuple[Trial, ...]:
    exempt = 0.0 if pruner == "none" else EXEMPT
    asked = Engine(sampler, read_pruner(pruner, epochs), 10**6, trials, 1, exempt)
    return replay(table, searchable(table), asked, SEED, lambda: None).trials


def pruner_settings(pruner: str) -> dict[str, object]:
    key = read_pruner(pruner, EPOCHS).model_dump(exclude_none=True)
    return {"search__pruner": key, **({} if pruner == "none" else {"search__exempt": EXEMPT})}


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> Table:
    """Let real searches look their trainings up in a table."""
    table = made_table(modules=4, repeats=1, epochs=EPOCHS)
    curves = {t.digest: t.curve for t in table.trials}

    def train(
        material: Material,
        architecture: Any,
        repeat: int,
        session: Session,
        folder: Path,
        *,
        judge: Callable[[], None],
        shelf: Shelf,
    ) -> Iterator[tuple[Epoch, ...]]:
        del material, repeat, shelf
        kept = folder / "kept.txt"  # in place of a checkpoint
        done = int(kept.read_text()) if kept.exists() else 0
        whole = tuple(
            Epoch(e["epoch"], 1.0, 0.5, 1.0, e["accuracy"], 0.1, e["seconds"], 32)
            for e in curves[architecture.digest]
        )
        yield whole[:done]
        for epoch in range(done + 1, EPOCHS + 1):
            judge()
            session.check()
            kept.write_text(str(epoch))
            yield whole[:epoch]

    monkeypatch.setattr(trial_run, "train_architecture", train)
    return table


@pytest.mark.parametrize(
    ("sampler", "pruner"),
    [pytest.param(*e, marks=[] if e in QUICK else [pytest.mark.slow]) for e in ENGINES],
)
def test_a_replay_decides_as_a_search_on_the_same_curves(
    tmp_path: Path, looked_up: Table, sampler: str, pruner: str
) -> None:
    file = write_study(tmp_path, space=space(4))
    real = searched(
        tmp_path,
        file,
        "real",
        trials=TRIALS,
        seed=SEED,
        recipe__epochs=EPOCHS,
        search__sampler=sampler,
        **pruner_settings(pruner),
    )
    found = replayed(looked_up, sampler, pruner, EPOCHS, TRIALS)
    assert decisions(found) == decisions(real)
    assert len(real) == TRIALS
    if (sampler, pruner) in QUICK:
        assert any(t.spared_at for t in real)
    if pruner != "none":
        assert "pruned" in {t.state for t in real}


@pytest.mark.slow
def test_a_search_that_is_stopped_again_and_again_decides_the_same(
    tmp_path: Path, looked_up: Table
) -> None:
    sampler, pruner = ENGINES[0]
    calls = count(1)

    def check() -> None:
        if next(calls) % 23 == 0:
            raise StoppedError("stopped")

    real = searched(
        tmp_path,
        write_study(tmp_path, space=space(4)),
        "real",
        check,
        trials=TRIALS,
        seed=SEED,
        recipe__epochs=EPOCHS,
        search__sampler=sampler,
        **pruner_settings(pruner),
    )
    assert max(t.attempt for t in real) > 1
    assert any(t.spared_at for t in real)
    found = replayed(looked_up, sampler, pruner, EPOCHS, TRIALS)
    assert decisions(found) == decisions(real)


@pytest.mark.slow
def test_a_replay_of_a_table_that_was_trained_decides_as_a_search_that_trains(
    tmp_path: Path,
) -> None:
    network = SPACE.replace('slot = "', 'scope = "network"\nslot = "')
    file = write_study(tmp_path, STUDY, network)
    searched(tmp_path, file, "all", search__sampler="grid", trials=50, seed=SEED, recipe__epochs=4)
    table = export_table(load_study(tmp_path / "runs", "all"))
    assert not table.left_out
    sampler, pruner = ENGINES[0]
    real = searched(
        tmp_path,
        file,
        "real",
        trials=10,
        seed=SEED,
        recipe__epochs=4,
        search__sampler=sampler,
        **pruner_settings(pruner),
    )
    found = replayed(table, sampler, pruner, 4, 10)
    assert decisions(found) == decisions(real)
    assert {t.state for t in real} == {"complete", "pruned"}

"""Studies on disk as a search leaves them, for tests of what reads them."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tomli_w

from nasattn.records import CURVE_KEY, RECORD_KEY, Trial

SETTINGS: dict[str, Any] = {
    "objectives": ["accuracy", "flops"],
    "trials": 20,
    "repeats": 1,
    "seed": 0,
    "backbone": "resnet8",
    "input_shape": [1, 8, 8],
    "num_classes": 10,
    "data": {"name": "digits", "validation": 0.1},
    "num_images": {"train": 1294, "validation": 144, "test": 359},
    "recipe": {"epochs": 4, "batch_size": 64},
    "search": {"sampler": "tpe"},
    "cost_range": {"params": [77_000, 120_000], "flops": [800_000, 1_600_000]},
    "environment": {"device": "cpu", "processor": "an ordinary processor", "torch": "2.14.1"},
}


_OPTUNA = {"complete": "COMPLETE", "running": "RUNNING", "waiting": "WAITING"}


def make_trial(number: int, **changes: Any) -> Trial:
    """Return a complete trial whose digest, accuracy and costs follow from its number."""
    values: dict[str, Any] = {
        "trial": number,
        "attempt": 1,
        "state": "complete",
        "digest": f"{number:012x}",
        "repeat": 0,
        "accuracy": 0.9 + 0.001 * (number * 7 % 50),
        "best_accuracy": 0.95,
        "params": 77_000 + 100 * number,
        "flops": 800_000 + 10_000 * (number * 3 % 70),
        "flops_stock": 790_000,
        "epochs": 4,
        "seconds": 3.5,
        "placements": (),
        "device": "cpu",
        "started": "2026-01-02T03:04:05Z",
        "finished": "2026-01-02T03:04:09Z",
    }
    return Trial(**(values | changes))


def make_curve(epochs: int) -> tuple[dict[str, Any], ...]:
    """Return a learning curve that rises."""
    return tuple(
        {
            "epoch": epoch,
            "loss": 2.0 / epoch,
            "train_accuracy": 1 - 0.6 / epoch,
            "validation_loss": 2.2 / epoch,
            "accuracy": 1 - 0.7 / epoch,
            "lr": 0.1 / epoch,
            "seconds": 0.8,
        }
        for epoch in range(1, epochs + 1)
    )


def make_study(runs_dir: Path, name: str, found: Iterable[Trial] = (), **settings: Any) -> Path:
    """Write a study's folder; the database is Optuna's own, its rows are written in bulk."""
    folder = write_settings(runs_dir, name, **settings)
    database = folder / "study.db"
    database.write_bytes(_empty_database())
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO studies (study_id, study_name) VALUES (1, ?)", (name,))
        add_trials(connection, tuple(found))
    connection.close()
    return folder


def write_settings(runs_dir: Path, name: str, **settings: Any) -> Path:
    """Write ``study.toml`` alone."""
    folder = runs_dir / name
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text(tomli_w.dumps({"name": name} | SETTINGS | settings))
    return folder


def add_trials(connection: sqlite3.Connection, trials: Sequence[Trial]) -> None:
    """Insert trials as Optuna stores them: a row each, and their user attributes."""
    (first,) = connection.execute("SELECT count(*) FROM trials").fetchone()
    numbered = [(first + place, trial) for place, trial in enumerate(trials)]
    connection.executemany(
        "INSERT INTO trials (trial_id, number, study_id, state) VALUES (?, ?, 1, ?)",
        ((number + 1, number, _OPTUNA.get(trial.state, "FAIL")) for number, trial in numbered),
    )
    connection.executemany(
        "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?, ?, ?)",
        (
            (number + 1, key, json.dumps(value))
            for number, trial in numbered
            for key, value in attributes(trial).items()
        ),
    )


def attributes(trial: Trial) -> Mapping[str, Any]:
    """Return the two user attributes of a trial."""
    record = trial.to_dict()
    return {CURVE_KEY: record.pop("curve"), RECORD_KEY: record}


@cache
def _empty_database() -> bytes:
    """Return an SQLite file with Optuna's tables, which take Optuna a second to make."""
    from optuna.storages import RDBStorage

    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        storage = RDBStorage(f"sqlite:///{path}")
        storage.engine.dispose()
        return path.read_bytes()

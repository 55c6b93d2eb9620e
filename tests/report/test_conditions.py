"""The line without which numbers mean nothing: every part of it must be true."""

from pathlib import Path
from typing import Any

import pytest

from nasattn.analysis import front
from nasattn.records import Study, load_study
from nasattn.report.conditions import conditions, hypervolume_words
from tests.studies import make_trial, write_settings


def study(runs: Path, **settings: Any) -> Study:
    write_settings(runs, "one", **settings)
    return load_study(runs, "one")


def data_words(study: Study) -> str:
    return conditions(study, []).partition("; ")[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"num_images": {"train": 500, "validation": 360, "test": 1}},
            "digits: 500 training images, accuracy on 360 validation images",
        ),
        (
            {"num_images": {"train": 50_000, "validation": 7, "test": 1}, "evaluate": "test"},
            "digits: 50,000 training images, accuracy on 1 test image",
        ),
        ({"num_images": {}}, "digits, accuracy on validation images"),
        ({"num_images": {}, "evaluate": "test"}, "digits, accuracy on test images"),
        ({"num_images": {"train": 500}}, "digits, accuracy on validation images"),
    ],
)
def test_images_are_counted_where_their_numbers_are_known(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    assert data_words(study(tmp_path, **settings)) == words


def test_a_share_that_a_limit_makes_untrue_is_not_told(tmp_path: Path) -> None:
    limited = study(tmp_path, data={"name": "digits", "validation": 0.1, "limit": 500})
    assert "%" not in conditions(limited, [])


@pytest.mark.parametrize(
    ("made_on", "devices", "words"),
    [
        ("cpu", (), "cpu, a processor"),
        ("cpu", ("cpu", "cpu"), "cpu, a processor"),
        ("cpu", ("a card",), "trained on a card (study made on cpu, a processor)"),
        ("cpu", ("cpu", "a card"), "trained on a card, cpu (study made on cpu, a processor)"),
        (None, ("a card",), "a card, a processor"),
        (None, (), "a processor"),
    ],
)
def test_where_the_study_was_made_is_told_apart_only_where_trials_ran_elsewhere(
    tmp_path: Path, made_on: str | None, devices: tuple[str, ...], words: str
) -> None:
    environment = {key: made_on or "" for key in ("device",) if made_on}
    environment = {"processor": "a processor", "torch": "2.14.1"} | environment
    trials = [make_trial(number, device=device) for number, device in enumerate(devices)]
    parts = conditions(study(tmp_path, environment=environment), trials).split("; ")
    assert parts[-2:] == [words, "torch 2.14.1"]


def test_latencies_are_told_with_their_conditions(tmp_path: Path) -> None:
    settings = {
        "objectives": ["accuracy", "latency_ms"],
        "execution": {"threads": 2, "latency_batch_size": 8},
        "recipe": {"epochs": 4, "precision": "bf16"},
    }
    timed = study(tmp_path, **settings)
    assert "; latency: median for a batch of 8, 2 threads, bf16; " in conditions(timed, [])
    assert "latency" not in conditions(study(tmp_path / "other"), [])
    found = [make_trial(0, latency_ms=1.5), make_trial(1, latency_ms=2.25)]
    best = front(found, timed.objectives, timed.cost_range)
    assert "latency_ms 1.5 = 0, 15 = 1" in hypervolume_words(best)


def test_seeds_and_epochs_are_counted(tmp_path: Path) -> None:
    several = study(tmp_path, repeats=3, recipe={"epochs": 1})
    assert "; 1 epoch; 3 seeds per architecture; " in conditions(several, [])


def test_weights_that_training_started_from_are_named(tmp_path: Path) -> None:
    weights = {"path": "/somewhere/own.pt", "sha256": "0" * 64}
    said = conditions(study(tmp_path, weights=weights), [])
    assert "4 epochs from the weights of own.pt;" in said

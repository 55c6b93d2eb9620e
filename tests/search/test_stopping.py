"""Early stopping in real studies: the same after any interruption, with every sampler."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.placement import Architecture
from nasattn.report.live import make_observer
from nasattn.search.freeze import thaw
from nasattn.search.ledger import Ledger
from nasattn.search.running import Runner
from nasattn.search.session import Session
from nasattn.search.settings import Settings
from nasattn.search.stopping import Stopping
from nasattn.search.training_trial import train_architecture
from nasattn.training import Checkpoints
from tests.search.tiny import fail, write_study

EPOCHS = 4
STOPS = 'search.pruner={ name = "mo-asha", eta = 2, first_rung = 1 }'
PROMOTES = 'search.pruner={ name = "mo-asha-promotion", eta = 2, first_rung = 1 }'
MEDIAN = 'search.pruner={ name = "median", startup_trials = 1 }'
DOMINANCE = 'search.pruner={ name = "dominance", delta = 0.9, startup_trials = 3 }'


def search(folder: Path, *settings: str, trials: int = 8) -> str:
    """Search in this process; return what was said on standard error."""
    words = [word for setting in settings for word in ("--set", setting)]
    line = ["search", str(write_study(folder)), "--trials", str(trials), "--epochs", str(EPOCHS)]
    done = CliRunner().invoke(app, [*line, *words, "--runs-dir", str(folder / "runs")])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.stderr
    return done.stderr


def read(folder: Path, *command: str) -> Any:
    done = CliRunner().invoke(app, [*command, "--json", "--runs-dir", str(folder / "runs")])
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def trials(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(folder, "trials", "tiny")["trials"]
    return found


def told(folder: Path) -> list[tuple[Any, ...]]:
    """Return what must be the same however often a study was cut off."""
    return [
        (
            *(t[key] for key in ("trial", "state", "reason", "digest", "accuracy", "waits_at")),
            [(e["epoch"], e["loss"], e["accuracy"]) for e in t["curve"]],
        )
        for t in trials(folder)
    ]


class KilledError(BaseException):
    """Ends the process's work as a kill would."""


MOMENTS = (
    (Ledger, "start"),
    (Ledger, "add_epoch"),
    (Ledger, "update"),
    (Ledger, "settle"),
    (Checkpoints, "keep"),
    (Stopping, "judge"),
    (Runner, "_give_up"),
)


def killing(seed: int) -> Callable[[type, str], Callable[..., Any]]:
    """Return what lets a call of wrapped methods die now and then, before or after its work."""
    chance = Random(seed)
    left = chance.randrange(5, 25)

    def wrap(owner: type, name: str) -> Callable[..., Any]:
        original = getattr(owner, name)

        def deadly(self: Any, *arguments: Any) -> Any:
            nonlocal left
            left -= 1
            kills = left == 0
            if kills:
                left = chance.randrange(5, 25)
            if not (kills and chance.random() < 0.5):
                done = original(self, *arguments)
                if not kills:
                    return done
            raise KilledError

        return deadly

    return wrap


@pytest.mark.parametrize(
    ("pruner", "seed"),
    [
        (PROMOTES, 1),
        *(pytest.param(STOPS, seed, marks=pytest.mark.slow) for seed in (1, 2, 3)),
        *(pytest.param(PROMOTES, seed, marks=pytest.mark.slow) for seed in (2, 3)),
        pytest.param(MEDIAN, 1, marks=pytest.mark.slow),
        pytest.param(DOMINANCE, 1, marks=pytest.mark.slow),
    ],
)
def test_cut_off_again_and_again_it_comes_to_the_same_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pruner: str, seed: int
) -> None:
    search(tmp_path / "undisturbed", pruner, trials=6)
    expected = told(tmp_path / "undisturbed")
    assert {t["state"] for t in trials(tmp_path / "undisturbed")} == {"complete", "pruned"}
    wrap, kills = killing(seed), 0
    with monkeypatch.context() as patch:
        for owner, name in MOMENTS:
            patch.setattr(owner, name, wrap(owner, name))
        while True:
            try:
                search(tmp_path / "cut", pruner, trials=6)
            except KilledError:
                kills += 1
                assert kills < 100
            else:
                break
    assert kills >= 3
    assert told(tmp_path / "cut") == expected


@pytest.mark.parametrize(
    "sampler",
    ["tpe", *(pytest.param(s, marks=pytest.mark.slow) for s in ("nsga2", "gp", "random", "grid"))],
)
@pytest.mark.parametrize("pruner", [STOPS, pytest.param(PROMOTES, marks=pytest.mark.slow)])
def test_every_sampler_goes_on_over_pruned_trials(
    tmp_path: Path, sampler: str, pruner: str
) -> None:
    search(tmp_path, pruner, f"search.sampler={sampler}", trials=10)
    found = trials(tmp_path)
    states = [t["state"] for t in found]
    assert len(states) == 10
    assert set(states) == {"complete", "pruned"}
    assert "pruned" in states[:6]  # and samplers proposed after it
    assert len({t["digest"] for t in found}) == 10
    front = read(tmp_path, "pareto", "tiny")["front"]
    assert {member["state"] for member in front} == {"complete"}


def test_a_pruned_trial_can_go_on_to_the_bits_of_an_undisturbed_one(tmp_path: Path) -> None:
    search(tmp_path / "stopped", STOPS, trials=5)
    search(tmp_path / "whole", trials=5)
    session = Session(tmp_path, torch.device("cpu"), make_observer(), lambda: None)
    material = thaw(Settings.load(tmp_path / "stopped" / "runs" / "tiny"), session)
    pairs = zip(trials(tmp_path / "stopped"), trials(tmp_path / "whole"), strict=True)
    pruned = [(number, whole) for number, (t, whole) in enumerate(pairs) if t["state"] == "pruned"]
    assert pruned
    for number, whole in pruned:
        folder = tmp_path / "stopped" / "runs" / "tiny" / "trials" / str(number)
        architecture = Architecture.parse((folder / "architecture.json").read_text())
        first, *_, last = train_architecture(material, architecture, 0, session, folder)
        assert 0 < len(first) < EPOCHS  # the checkpoint of its last epoch is there
        losses = [epoch["loss"] for epoch in whole["curve"]]
        assert [epoch.loss for epoch in last] == losses


def test_repeats_and_the_baseline_are_never_stopped_and_the_stopped_never_repeated(
    tmp_path: Path,
) -> None:
    said = search(tmp_path, STOPS, "repeats=2", trials=8)
    found = trials(tmp_path)
    pruned = {t["digest"] for t in found if t["state"] == "pruned"}
    assert pruned
    assert found[0]["state"] == "complete"
    assert all(t["state"] == "complete" for t in found if t["repeat"])
    assert sum(t["digest"] in pruned for t in found) == len(pruned)
    reasons = [t["reason"] for t in found if t["state"] == "pruned"]
    assert all(reason.startswith("epoch ") and reason in said for reason in reasons)


def test_with_promotion_the_total_is_of_those_begun_and_none_is_left_waiting(
    tmp_path: Path,
) -> None:
    said = search(tmp_path, PROMOTES)
    found = trials(tmp_path)
    assert len(found) == 8
    assert all(t["waits_at"] is None for t in found)
    assert max(t["attempt"] for t in found) > 1
    given_up = [t for t in found if t["state"] == "pruned"]
    assert all(t["reason"].startswith(f"waited at epoch {t['epochs']} ") for t in given_up)
    assert "waits at epoch 1 for promotion" in said


def test_the_pruner_is_frozen_with_all_its_settings_and_may_not_change(tmp_path: Path) -> None:
    search(tmp_path, "search.pruner=mo-asha", trials=1)
    folder = tmp_path / "runs" / "tiny"
    text = (folder / "study.toml").read_text()
    assert '[search.pruner]\nname = "mo-asha"\neta = 3\nfirst_rung = 1\n' in text
    again = ("search", tmp_path / "tiny.toml", "--trials", 1, "--epochs", EPOCHS)
    message = fail(*again, "--pruner", "median", "--runs-dir", tmp_path / "runs")
    assert "search.pruner.name was 'mo-asha', now 'median'" in message
    message = fail(*again, "--runs-dir", tmp_path / "runs")
    assert "search.pruner was 'not set', now 'none'" in message


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("search.pruner=mo-asah", 'no pruner "mo-asah"; known: dominance, median, mo-asha, '),
        ("search.pruner={ eta = 3 }", "must be a name or a table with a name"),
        ('search.pruner={ name = "mo-asha", etta = 3 }', 'no setting of mo-asha "etta"'),
        ('search.pruner={ name = "mo-asha", eta = 1 }', "search.pruner.eta = 1: input should be"),
        (
            'search.pruner={ name = "mo-asha", first_rung = 4 }',
            "search.pruner.first_rung = 4: must be below the recipe's epochs = 4",
        ),
        ('search.pruner={ name = "dominance", delta = 0 }', "search.pruner.delta = 0"),
    ],
)
def test_what_is_wrong_with_a_pruner_is_named(tmp_path: Path, setting: str, words: str) -> None:
    line = ("search", write_study(tmp_path), "--epochs", EPOCHS, "--set", setting)
    assert words in fail(*line, "--runs-dir", tmp_path / "runs")


def test_variants_are_not_pruned(tmp_path: Path) -> None:
    study = tmp_path / "variants.toml"
    study.write_text(
        'backbone = "resnet8"\n[[variant]]\nname = "bare"\n[data]\nname = "digits"\n'
        '[search]\npruner = "median"\n'
    )
    message = fail("search", study, "--runs-dir", tmp_path / "runs")
    assert "variants are all trained to their end" in message

"""Early stopping in real studies: the same after any interruption, with every sampler."""

import json
import shutil
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
from nasattn.search.ledger.ledger import Ledger
from nasattn.search.pruners import NonePruner
from nasattn.search.pruning.stopping import Stopping
from nasattn.search.study.freeze import thaw
from nasattn.search.study.session import Session
from nasattn.search.study.settings import Settings
from nasattn.search.trial.training_trial import train_architecture
from nasattn.search.working.running import Runner
from nasattn.training import Checkpoints
from tests.search.tiny import fail, write_study

EPOCHS = 4
STOPS = 'search.pruner={ name = "mo-asha", eta = 2, first_rung = 1 }'
PROMOTES = 'search.pruner={ name = "mo-asha-promotion", eta = 2, first_rung = 1 }'
THAWS = 'search.pruner={ name = "freeze-thaw", startup_trials = 4, least_explained = 0.0 }'
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


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stopped")
    search(folder, STOPS, "search.sampler=tpe")
    return folder


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("promoted")
    (folder / "said").write_text(search(folder, PROMOTES, trials=6))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("pruner", [STOPS, MEDIAN, DOMINANCE, THAWS])
@pytest.mark.parametrize("seed", [1, 2])
def test_cut_off_again_and_again_it_comes_to_the_same_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pruner: str, seed: int
) -> None:
    search(tmp_path / "undisturbed", pruner)
    expected = told(tmp_path / "undisturbed")
    assert {t["state"] for t in trials(tmp_path / "undisturbed")} == {"complete", "pruned"}
    assert cut_off(tmp_path / "cut", monkeypatch, pruner, seed, trials=8) >= 3
    assert told(tmp_path / "cut") == expected


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_cut_off_again_and_again_it_promotes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, promoted: Path, seed: int
) -> None:
    assert cut_off(tmp_path, monkeypatch, PROMOTES, seed, trials=6) >= 3
    assert told(tmp_path) == told(promoted)


def cut_off(
    folder: Path, monkeypatch: pytest.MonkeyPatch, pruner: str, seed: int, trials: int
) -> int:
    """Search to the end, killed again and again; return how often."""
    wrap = killing(seed)
    with monkeypatch.context() as patch:
        for owner, name in MOMENTS:
            patch.setattr(owner, name, wrap(owner, name))
        for kills in range(100):
            try:
                search(folder, pruner, trials=trials)
            except KilledError:
                continue
            return kills
    pytest.fail("the search never comes to its end")


def check_pruned_study(folder: Path, total: int) -> None:
    found = trials(folder)
    assert len({t["digest"] for t in found}) == len(found) == total
    assert {t["state"] for t in found} == {"complete", "pruned"}
    # Samplers proposed after the first of them.
    assert "pruned" in [t["state"] for t in found[: total * 2 // 3]]
    front = read(folder, "pareto", "tiny")["front"]
    assert {member["state"] for member in front} == {"complete"}


def test_tpe_goes_on_over_pruned_trials(stopped: Path) -> None:
    check_pruned_study(stopped, 8)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "gp", "random", "grid"])
@pytest.mark.parametrize("pruner", [STOPS, PROMOTES])
def test_every_sampler_goes_on_over_pruned_trials(
    tmp_path: Path, sampler: str, pruner: str
) -> None:
    search(tmp_path, pruner, f"search.sampler={sampler}", trials=14)
    check_pruned_study(tmp_path, 14)


def test_a_pruned_trial_can_go_on_to_the_bits_of_an_undisturbed_one(
    tmp_path: Path, stopped: Path
) -> None:
    session = Session(tmp_path, torch.device("cpu"), make_observer(), lambda: None)
    material = thaw(Settings.load(stopped / "runs" / "tiny"), session)
    pruned = next(t for t in trials(stopped) if t["state"] == "pruned")
    kept = stopped / "runs" / "tiny" / "trials" / str(pruned["trial"])
    architecture = Architecture.parse((kept / "architecture.json").read_text())
    again = shutil.copytree(kept, tmp_path / "again")
    first, *_, last = train_architecture(material, architecture, 0, session, again)
    # The checkpoint of its last epoch is there.
    assert [epoch.loss for epoch in first] == [epoch["loss"] for epoch in pruned["curve"]]
    (tmp_path / "whole").mkdir()
    *_, whole = train_architecture(material, architecture, 0, session, tmp_path / "whole")
    assert len(last) == EPOCHS
    assert [epoch.loss for epoch in last] == [epoch.loss for epoch in whole]


def test_each_stop_is_told_with_its_reason(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    for trial in trials(stopped):
        assert bool(trial["reason"]) == (trial["state"] == "pruned")
        assert not trial["reason"] or trial["reason"].startswith(f"epoch {trial['epochs']}: ")
    pruned = next(t for t in trials(stopped) if t["state"] == "pruned")
    for command in (["trials", "tiny"], ["show", "tiny", str(pruned["trial"])]):
        shown = CliRunner().invoke(app, [*command, "--runs-dir", str(stopped / "runs")])
        assert pruned["reason"] in shown.stdout


@pytest.mark.slow
def test_repeats_and_the_baseline_are_never_stopped_and_the_stopped_never_repeated(
    tmp_path: Path,
) -> None:
    search(tmp_path, STOPS, "repeats=2", trials=12)
    found = trials(tmp_path)
    pruned = {t["digest"] for t in found if t["state"] == "pruned"}
    assert pruned
    assert found[0]["state"] == "complete"
    assert {t["state"] for t in found if t["repeat"]} == {"complete"}
    assert sum(t["digest"] in pruned for t in found) == len(pruned)


def test_with_promotion_the_total_is_of_those_begun_and_none_is_left_waiting(
    promoted: Path,
) -> None:
    found = trials(promoted)
    assert len(found) == 6
    assert all(t["waits_at"] is None for t in found)
    assert max(t["attempt"] for t in found) > 1
    given_up = [t for t in found if t["state"] == "pruned"]
    assert given_up
    assert all(t["reason"].startswith(f"waited at epoch {t['epochs']} ") for t in given_up)
    assert "waits at epoch 1 for promotion" in (promoted / "said").read_text()


def test_the_pruner_is_frozen_with_all_its_settings_and_may_not_change(stopped: Path) -> None:
    runs = stopped / "runs"
    text = (runs / "tiny" / "study.toml").read_text()
    wanted = 'name = "mo-asha"\neta = 2\nfirst_rung = 1\norder = "epsilon-net"\n'
    assert f"[search.pruner]\n{wanted}" in text
    again = ["search", stopped / "tiny.toml", "--trials", 8, "--epochs", EPOCHS]
    again += ["--sampler", "tpe", "--runs-dir", runs]
    message = fail(*again, "--pruner", "median")
    assert "search.pruner.name was 'mo-asha', now 'median'" in message
    assert "search.pruner was 'not set', now 'none'" in fail(*again)


def test_studies_frozen_before_there_were_pruners_are_read(stopped: Path, tmp_path: Path) -> None:
    text = (stopped / "runs" / "tiny" / "study.toml").read_text()
    before, _, after = text.partition("[search.pruner]")
    old = before.replace("[search]", '[search]\npruner = "none"') + after[after.index("\n[") :]
    (tmp_path / "study.toml").write_text(old)
    assert Settings.load(tmp_path).search.pruner == NonePruner()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("search.pruner=mo-asah", 'no pruner "mo-asah"; known: dominance, freeze-thaw, median, '),
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

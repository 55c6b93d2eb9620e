"""A trial that is cut off, whenever and however, ends as the undisturbed one, to the bit."""

import json
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.search.ledger.ledger import Ledger
from nasattn.training import WALL_CLOCK, Checkpoints, Epoch, Training
from nasattn.training.snapshot import checksum
from tests.search.tiny import start

NETWORK = """
from torch import nn

from nasattn.backbones.resnet_cifar import resnet8


def make(num_classes, in_channels):
    net = resnet8(num_classes, in_channels, 4)
    net.fc = nn.Sequential(nn.Dropout(0.3), net.fc)
    return net
"""
ARCHITECTURE = """{"backbone": "dropping:make", "input_shape": [1, 8, 8], "placements": [
  {"slot": "block_end", "at": "layer2.0.add", "module": "eca"}]}"""
AVERAGED = ("recipe.precision=bf16", "recipe.ema_decay=0.9")
PLAIN = ("recipe.precision=fp32", "recipe.optimizer.nesterov=true")
EPOCHS = 12


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dropping.py").write_text(NETWORK, encoding="utf-8")
    (tmp_path / "net.json").write_text(ARCHITECTURE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)


def words(recipe: tuple[str, ...], epochs: int = EPOCHS) -> list[str]:
    settings = ("data.limit=160", "recipe.batch_size=32", "execution.threads=1", *recipe)
    sets = [word for setting in settings for word in ("--set", setting)]
    return ["train", "net.json", "--data", "digits", "--epochs", str(epochs), *sets]


def train(runs: Path, recipe: tuple[str, ...] = AVERAGED, epochs: int = EPOCHS) -> str:
    """Train in this process; return what was said on standard error."""
    line = [*words(recipe, epochs), "--keep-checkpoints", "--runs-dir", str(runs)]
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 0, done.exception
    return done.stderr


def folder(runs: Path) -> Path:
    return runs / "net" / "trials" / "0"


def record(runs: Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["show", "net", "0", "--json", "--runs-dir", str(runs)])
    assert done.exit_code == 0, done.exception
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def outcome(runs: Path) -> tuple[Any, ...]:
    """Return the curve, the whole last state and the weights of a trial that is complete."""
    found = record(runs)
    assert found["state"] == "complete"
    written = (folder(runs) / "history.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in written] == found["curve"]
    assert found["seconds"] == pytest.approx(sum(epoch["seconds"] for epoch in found["curve"]))
    curve = [{k: v for k, v in epoch.items() if k not in WALL_CLOCK} for epoch in found["curve"]]
    last = torch.load(folder(runs) / "checkpoint.pt", weights_only=True)["state"]
    weights = torch.load(folder(runs) / "weights.pt", weights_only=True)
    return curve, found["accuracy"], checksum(last["learner"]), checksum(weights)


def kill(
    runs: Path,
    recipe: tuple[str, ...],
    ready: Callable[[], bool],
    number: signal.Signals = signal.SIGKILL,
    after: float = 0.0,
) -> bool:
    """Start the training, send a signal some seconds after it is ready; tell if that ended it."""
    running = start(*words(recipe), "--keep-checkpoints", runs=runs)
    limit = time.monotonic() + 120
    while not ready() and running.poll() is None:
        assert time.monotonic() < limit, "the training does not get there"
        time.sleep(0.005)
    time.sleep(after)
    running.send_signal(number)
    running.communicate(timeout=60)
    return running.returncode != 0


def has_epochs(runs: Path, epochs: int) -> Callable[[], bool]:
    history = folder(runs) / "history.jsonl"
    return lambda: history.is_file() and history.read_bytes().count(b"\n") >= epochs


def kill_in_the_middle(
    runs: Path, recipe: tuple[str, ...], number: signal.Signals = signal.SIGKILL
) -> None:
    """Cut a training off between its epochs, however often it is quicker than the signal."""
    for _ in range(10):
        ready = has_epochs(runs, random.randint(2, 6))
        if kill(runs, recipe, ready, number, after=random.uniform(0, 0.1)):
            return
        shutil.rmtree(runs)
    pytest.fail("the training always ends before it can be cut off")


def test_killed_in_the_middle_it_ends_in_the_same_bits(tmp_path: Path) -> None:
    runs = tmp_path / "killed"
    kill_in_the_middle(runs, AVERAGED)
    said = train(runs)
    assert "goes on after epoch" in said
    assert "trained again" not in said
    assert record(runs)["attempt"] == 2
    train(tmp_path / "undisturbed")
    assert outcome(runs) == outcome(tmp_path / "undisturbed")


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [AVERAGED, PLAIN])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_killed_at_random_moments_it_ends_in_the_same_bits(
    tmp_path: Path, recipe: tuple[str, ...], number: signal.Signals
) -> None:
    runs = tmp_path / "killed"
    train(tmp_path / "undisturbed", recipe)
    kill_in_the_middle(runs, recipe, number)
    for _ in range(3):
        kill(runs, recipe, lambda: True, number, after=random.uniform(0.5, 8))
        ready = has_epochs(runs, random.randint(2, EPOCHS))
        kill(runs, recipe, ready, number, after=random.uniform(0, 0.1))
    said = train(runs, recipe)
    assert "trained again" not in said
    assert outcome(runs) == outcome(tmp_path / "undisturbed")


class KilledError(BaseException):
    """Ends the process's work where a test says, as a kill would."""


@pytest.fixture(scope="module")
def _undisturbed_cache() -> dict[str, tuple[Any, ...]]:
    return {}


@pytest.fixture
def undisturbed(tmp_path: Path, _undisturbed_cache: dict[str, tuple[Any, ...]]) -> tuple[Any, ...]:
    if not _undisturbed_cache:
        train(tmp_path / "undisturbed", epochs=4)
        _undisturbed_cache["outcome"] = outcome(tmp_path / "undisturbed")
    return _undisturbed_cache["outcome"]


Moment = tuple[type, str, int]


def cut_off(runs: Path, monkeypatch: pytest.MonkeyPatch, moment: Moment) -> None:
    """Train until a method is called for the so-many-th time, and no further."""
    owner, name, call = moment
    original, left = getattr(owner, name), iter(range(call - 1))

    def deadly(self: Any, *arguments: Any) -> Any:
        if next(left, None) is None:
            raise KilledError
        return original(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, deadly)
        with pytest.raises(KilledError):
            train(runs, epochs=4)


@pytest.mark.parametrize(
    ("moment", "words_said"),
    [
        # Before there is anything.
        pytest.param((Training, "train_epoch", 1), "", marks=pytest.mark.slow),
        # Before the first epoch is in the record.
        pytest.param((Ledger, "add_epoch", 1), "", marks=pytest.mark.slow),
        # Before the first checkpoint.
        ((Checkpoints, "keep", 1), "starts again from its beginning"),
        # The record is an epoch ahead of the checkpoint.
        ((Checkpoints, "keep", 3), "goes on after epoch 2 of 4"),
        pytest.param(
            (Training, "train_epoch", 3), "goes on after epoch 2 of 4", marks=pytest.mark.slow
        ),
        # All is trained and recorded, but not all kept.
        pytest.param(
            (Checkpoints, "keep", 4), "goes on after epoch 3 of 4", marks=pytest.mark.slow
        ),
        # All is done but the trial's end.
        ((Ledger, "end", 1), "goes on after epoch 4 of 4"),
        # The trial has ended, but Optuna does not know.
        pytest.param((Ledger, "_settle", 1), "", marks=pytest.mark.slow),
    ],
)
def test_cut_off_at_the_boundaries_it_ends_in_the_same_bits(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: tuple[Any, ...],
    moment: Moment,
    words_said: str,
) -> None:
    runs = tmp_path / "cut"
    cut_off(runs, monkeypatch, moment)
    said = train(runs, epochs=4)
    assert words_said in said
    assert ("goes on" in said) == words_said.startswith("goes on")
    assert "trained again" not in said
    assert outcome(runs) == undisturbed


def test_with_every_checkpoint_damaged_it_starts_again_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: tuple[Any, ...]
) -> None:
    runs = tmp_path / "damaged"
    cut_off(runs, monkeypatch, (Training, "train_epoch", 4))
    for name in ("checkpoint.pt", "checkpoint.previous.pt"):
        path = folder(runs) / name
        path.write_bytes(path.read_bytes()[:5000])
    said = train(runs, epochs=4)
    assert "checkpoint.pt is not used: it is damaged" in said
    assert "checkpoint.previous.pt is not used: it is damaged" in said
    assert "trial 0 starts again from its beginning: no usable checkpoint" in said
    assert outcome(runs) == undisturbed


@pytest.mark.slow
def test_a_checkpoint_of_another_trial_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: tuple[Any, ...]
) -> None:
    runs, other = tmp_path / "cut", tmp_path / "other"
    cut_off(runs, monkeypatch, (Training, "train_epoch", 3))
    train(other, PLAIN, epochs=3)
    (folder(other) / "checkpoint.pt").replace(folder(runs) / "checkpoint.pt")
    said = train(runs, epochs=4)
    assert "checkpoint.pt is not used: it is of another training: its recipe is" in said
    assert "goes on after epoch 1 of 4" in said
    assert outcome(runs) == undisturbed


def test_an_epoch_that_comes_out_otherwise_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tmp_path / "cut"
    cut_off(runs, monkeypatch, (Checkpoints, "keep", 3))
    original = Training.train_epoch

    def otherwise(self: Training) -> Epoch:
        done = original(self)
        self.curve = (*self.curve[:-1], replace(done, loss=1.5))
        return done

    with monkeypatch.context() as patch:
        patch.setattr(Training, "train_epoch", otherwise)
        said = train(runs, epochs=4)
    assert "trial 0, epoch 3, trained again: loss was" in said
    assert "now 1.5" in said


@pytest.mark.slow
def test_checkpoints_go_when_the_trial_is_complete_unless_they_are_asked_for(
    tmp_path: Path,
) -> None:
    done = CliRunner().invoke(app, [*words(PLAIN, 2), "--runs-dir", str(tmp_path / "runs")])
    assert done.exit_code == 0, done.exception
    left = {path.name for path in folder(tmp_path / "runs").iterdir()}
    assert left == {
        *("architecture.json", "history.jsonl", "trial.json", "usage.json", "weights.pt")
    }


@pytest.mark.slow
def test_going_on_elsewhere_says_that_it_is_not_bit_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tmp_path / "cut"
    cut_off(runs, monkeypatch, (Training, "train_epoch", 3))
    monkeypatch.setattr("nasattn.search.trial.training_trial.environment", elsewhere)
    said = train(runs, epochs=4)
    assert "not bit-equal to its epochs before: processor was" in said
    assert "now another" in said


def elsewhere(device: torch.device) -> dict[str, str]:
    from nasattn.search.study.environment import environment

    return {**environment(device), "processor": "another"}

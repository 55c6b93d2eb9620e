"""A study that starts from given weights, attention first, on a machine with little memory."""

import json
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from typer.testing import CliRunner, Result

from nasattn.backbones import create
from nasattn.cli.main import app
from nasattn.data import DataSpec, load
from nasattn.errors import WriteError
from nasattn.report.live import LineObserver
from nasattn.search.trial.event_files import EventFiles
from nasattn.training import Recipe, evaluate
from tests.search.tiny import SPACE, STUDY, fail, write_study
from tests.studies import make_trial

GREEDY = "tests.conformance.broken_networks:greedy"
TUNING = f"""
backbone = "{GREEDY}"
input_shape = [1, 8, 8]
weights = "own.pt"

[[variant]]
name = "gated"
placements = [{{ slot = "before_conv", at = "body.2", module = "gct" }}]

[data]
name = "digits"
limit = 160
[recipe]
epochs = 3
freeze_epochs = 1
batch_size = 32
precision = "fp32"
[execution]
threads = 1
"""


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("tuning")
    torch.manual_seed(0)
    torch.save(create(GREEDY, 10, 1).state_dict(), home / "own.pt")
    (home / "tuning.toml").write_text(TUNING, encoding="utf-8")
    done = run("search", home / "tuning.toml", "--tensorboard", "--runs-dir", home / "runs")
    (home / "told.txt").write_text(done.stderr)
    return home


def trials(home: Path) -> list[dict[str, Any]]:
    shown = run("trials", "tuning", "--json", "--runs-dir", home / "runs")
    found: list[dict[str, Any]] = json.loads(shown.stdout)["trials"]
    return found


def test_the_bare_backbone_waits_with_the_others(home: Path) -> None:
    net = create(GREEDY, 10, 1)
    net.load_state_dict(torch.load(home / "own.pt", weights_only=True))
    splits = load(DataSpec(name="digits", limit=160), (1, 8, 8))
    recipe = Recipe(precision="fp32")
    expected = evaluate(net, splits.validation, splits, recipe, torch.device("cpu"))
    bare, gated = (trial["curve"] for trial in trials(home))
    assert bare[0]["validation_loss"] == pytest.approx(expected.loss, rel=1e-6)
    assert gated[0]["validation_loss"] != bare[0]["validation_loss"] != bare[1]["validation_loss"]


def test_short_memory_is_told_and_recorded(home: Path) -> None:
    # In the first epoch the backbone is in evaluation mode, for which there is memory.
    sizes = [[epoch["micro_batch"] for epoch in trial["curve"]] for trial in trials(home)]
    assert sizes == [[32, 8, 8], [32, 8, 8]]
    told = (home / "told.txt").read_text()
    for number in (0, 1):
        note = f"note: trial {number}, epoch 2: memory ran out; from here on 8 images go through"
        assert told.count(note) == told.count(f"note: trial {number},") == 1
    page = " ".join(run("show", "tuning", 1, "--runs-dir", home / "runs").stdout.split())
    assert "8 images: memory did not suffice for 32" in page
    assert "3 epochs from the weights of own.pt, attention alone in the first 1" in page


def test_event_files_hold_the_learning_curve(home: Path) -> None:
    for trial in trials(home):
        folder = home / "runs" / "tuning" / "trials" / str(trial["trial"])
        events = EventAccumulator(str(folder)).Reload()
        known = {key for key, value in trial["curve"][0].items() if value is not None}
        tags = known - {"epoch"}
        assert set(events.Tags()["scalars"]) == tags
        assert {"accuracy", "loss", "lr"} < tags
        for tag in tags:
            found = [(event.step, event.value) for event in events.Scalars(tag)]
            expected = [(epoch["epoch"], epoch[tag]) for epoch in trial["curve"]]
            assert [step for step, _ in found] == [step for step, _ in expected]
            values = [value for _, value in expected]
            assert [value for _, value in found] == pytest.approx(values, rel=1e-6)


def test_an_epoch_that_is_trained_again_counts_once(tmp_path: Path) -> None:
    files = EventFiles(LineObserver(Console(file=StringIO())), tmp_path)
    for attempt, epochs in enumerate(((1, 2, 3), (3, 4))):
        trial = make_trial(5, attempt=attempt + 1)
        files.trial_started(trial, 4)
        for epoch in epochs:
            curve = {"epoch": epoch, "accuracy": 0.1 * epoch, "loss": float(attempt)}
            files.epoch_finished(trial, curve)
        files.trial_ended(trial)
    events = EventAccumulator(str(tmp_path / "trials" / "5")).Reload()
    found = [(event.step, event.value) for event in events.Scalars("loss")]
    assert found == [(1, 0.0), (2, 0.0), (3, 1.0), (4, 1.0)]


def test_event_files_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "trials").write_text("in the way")
    files = EventFiles(LineObserver(Console(file=StringIO())), tmp_path)
    with pytest.raises(WriteError, match=r"cannot write event files in .*trials/5: Not a dir"):
        files.epoch_finished(make_trial(5), {"epoch": 1, "accuracy": 0.5, "loss": 1.0})


def test_without_tensorboard_one_line_says_what_to_install(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    message = fail("resume", "tuning", "--tensorboard", "--runs-dir", home / "runs")
    assert message.startswith("--tensorboard needs tensorboard (")
    assert message.endswith("pip install 'nasattn[tensorboard]'")


def test_drawn_weights_are_not_to_be_kept(tmp_path: Path) -> None:
    study = write_study(tmp_path, STUDY.replace("epochs = 2", "epochs = 2\nfreeze_epochs = 1"))
    message = fail("search", study, "--runs-dir", tmp_path / "runs")
    assert "recipe.freeze_epochs = 1 keeps the weights of backbone resnet8" in message
    assert not (tmp_path / "runs").exists()
    torch.save(create("resnet8", 10, 1, width=4).state_dict(), tmp_path / "own.pt")
    write_study(tmp_path, study.read_text(), f'weights = "own.pt"\n{SPACE}')
    run("search", study, "--set", "trials=1", "--runs-dir", tmp_path / "runs")

"""``nasattn train``: one network outside any search."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner, Result

from nasattn.cli.main import app
from nasattn.data import DataSpec, load
from nasattn.placement import Architecture, build
from nasattn.training import Recipe, evaluate
from tests.search.test_variant_studies import write
from tests.search.tiny import fail

ARCHITECTURE = """{"backbone": "resnet8", "backbone_args": {"width": 4}, "input_shape": [1, 8, 8],
  "placements": [{"slot": "block_end", "at": "layer2.0.add", "module": "se",
    "options": {"ratio": 4}}]}"""
TINY = ["--set", "data.limit=160", "--set", "recipe.batch_size=32", "--set", "execution.threads=1"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("train")
    (home / "gated.json").write_text(ARCHITECTURE, encoding="utf-8")
    return home


def nasattn(home: Path, *line: object) -> Result:
    done = CliRunner().invoke(app, [*map(str, line), "--runs-dir", str(home / "runs")])
    assert done.exit_code == 0, done.exception
    return done


@pytest.fixture(scope="module")
def trained(home: Path) -> Result:
    return nasattn(home, *line(home), *TINY, "--set", "recipe.ema_decay=0.8")


def line(home: Path) -> list[object]:
    return ["train", home / "gated.json", "--data", "digits", "--epochs", 3, "--seed", 4]


def shown(home: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(nasattn(home, "show", name, 0, "--json").stdout)
    return found


def test_the_network_alone_is_trained_and_its_curve_shown(home: Path, trained: Result) -> None:
    assert "gated, trial 0: complete" in trained.stdout
    assert "validation accuracy" in trained.stdout
    assert "baseline" not in trained.stdout
    trial = shown(home, "gated")
    assert (trial["state"], len(trial["curve"])) == ("complete", 3)
    assert [placement["module"] for placement in trial["placements"]] == ["se"]
    (study,) = json.loads(nasattn(home, "studies", "--json").stdout)["studies"]
    assert (study["trials_wanted"], study["baseline_accuracy"]) == (1, None)


def test_its_weights_load_into_the_built_network_and_give_its_accuracy(
    home: Path, trained: Result
) -> None:
    del trained
    folder = home / "runs" / "gated" / "trials" / "0"
    architecture = Architecture.parse((folder / "architecture.json").read_text(encoding="utf-8"))
    net = build(architecture, num_classes=10)
    net.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
    splits = load(DataSpec(name="digits", limit=160), (1, 8, 8))
    recipe = Recipe.model_validate({"batch_size": 32})
    scores = evaluate(net, splits.validation, splits, recipe, torch.device("cpu"))
    assert scores.accuracy == pytest.approx(shown(home, "gated")["accuracy"])


def test_the_same_command_again_shows_the_same_training(home: Path, trained: Result) -> None:
    before, head = shown(home, "gated"), trained.stdout.splitlines()[0]
    again = nasattn(home, *line(home), *TINY, "--set", "recipe.ema_decay=0.8")
    resumed = nasattn(home, "resume", "gated")
    assert again.stdout == resumed.stdout
    assert again.stdout.splitlines()[0] == head
    assert shown(home, "gated") == before


def test_another_normalisation_is_another_study(home: Path, trained: Result) -> None:
    del trained
    other = ["--set", "data.mean=0.5", "--set", "data.std=[0.25]"]
    average = ["--set", "recipe.ema_decay=0.8", "--runs-dir", home / "runs"]
    message = fail(*line(home), *TINY, *average, *other)
    assert "data.mean was 'not set', now [0.5]; data.std was 'not set', now [0.25]" in message
    nasattn(home, *line(home), *TINY, "--name", "normalised", *other)
    losses = [shown(home, name)["curve"][0]["loss"] for name in ("gated", "normalised")]
    assert losses[0] != losses[1]


def test_a_variant_is_trained_as_its_study_trains_it(home: Path) -> None:
    study = write(home)
    nasattn(home, "train", f"{study}:eca")
    trial = shown(home, "variants-eca")
    assert (trial["variant"], len(trial["curve"])) == ("eca", 1)
    # A study that was run, too: by its name, with its data, recipe and seed.
    nasattn(home, "train", "variants-eca:eca", "--name", "again")
    assert shown(home, "again")["curve"][0]["loss"] == trial["curve"][0]["loss"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.json"], "nothing.json: cannot be read"),
        (["gated.json"], "no data set is named"),
        (["gated.json", "--data", "digits", "--set", "repeats=no"], "gated.json: repeats"),
        (["variants.toml"], "must be an architecture (FILE.json) or a study's variant"),
        (["variants.toml:egal"], 'no variant "egal" in variants.toml; known: eca, gated'),
        (["elsewhere:eca"], "elsewhere is neither a study file nor a study in"),
        (["broken.json"], "broken.json: an architecture is JSON, but"),
    ],
)
def test_a_mistake_is_one_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(home)
    write(home)
    (home / "broken.json").write_text("{", encoding="utf-8")
    assert said in fail("train", *words)


def test_a_network_that_cannot_be_trained_fails_and_is_tried_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = ["--set", "recipe.optimizer.lr=1e30", "--name", "lost"]
    for attempt in (1, 2):
        done = CliRunner().invoke(
            app, [*map(str, line(home)), *TINY, *lost, "--runs-dir", str(home / "runs")]
        )
        assert "the network cannot be trained: the loss in epoch 1 is not finite" in str(
            done.exception
        )
        trial = shown(home, "lost")
        assert (trial["state"], trial["attempt"]) == ("failed", attempt)

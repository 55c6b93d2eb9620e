"""``weights = FILE`` beside the backbone: what a study starts from."""

import hashlib
import json
import pickle
import tomllib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from nasattn.backbones import create
from nasattn.cli.main import app
from nasattn.data import DataSpec, load
from nasattn.training import Recipe, evaluate
from tests.search.tiny import SPACE, STUDY, fail, write_study

SHORT = STUDY.replace("trials = 5", "trials = 1").replace("epochs = 2", "epochs = 1")
PLAIN = "tests.conformance.broken_networks:plain"
VARIANTS = f"""
backbone = "{PLAIN}"
input_shape = [1, 8, 8]
backbone_args = {{ width = 6 }}
weights = "own.pt"

[[variant]]
name = "bare"

[data]
name = "digits"
limit = 160
[recipe]
epochs = 1
optimizer = {{ lr = 1e-30 }}
"""


def run(*arguments: object) -> str:
    """Run a command that must succeed; return what it prints."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("wrapped", [False, True])
def test_every_repeat_starts_from_the_file(tmp_path: Path, *, wrapped: bool) -> None:
    net = create(PLAIN, 10, 1, width=6)
    state = net.state_dict()
    torch.save({"state_dict": state, "epoch": 3} if wrapped else state, tmp_path / "own.pt")
    study = tmp_path / "own.toml"
    study.write_text(VARIANTS, encoding="utf-8")
    run("search", study, "--set", "repeats=2", "--runs-dir", tmp_path / "runs")
    shown = run("trials", "own", "--json", "--runs-dir", tmp_path / "runs")
    splits = load(DataSpec(name="digits", limit=160), (1, 8, 8))
    # Nothing is learned at such a rate, and the network has no batch statistics to move.
    expected = evaluate(net, splits.validation, splits, Recipe(), torch.device("cpu"))
    losses = [trial["curve"][-1]["validation_loss"] for trial in json.loads(shown)["trials"]]
    assert losses == pytest.approx(2 * [expected.loss], rel=1e-6)


def test_the_frozen_study_names_the_file_and_its_digest(tmp_path: Path) -> None:
    study = write_study(tmp_path, SHORT, f'weights = "own.pt"\n{SPACE}')
    torch.save(create("resnet8", 10, 1, width=4).state_dict(), tmp_path / "own.pt")
    run("search", study, "--runs-dir", tmp_path / "runs")
    frozen = tomllib.loads((tmp_path / "runs" / "tiny" / "study.toml").read_text())
    assert frozen["weights"] == {
        "path": str(tmp_path / "own.pt"),
        "sha256": hashlib.sha256((tmp_path / "own.pt").read_bytes()).hexdigest(),
    }
    run("resume", "tiny", "--trials", 2, "--runs-dir", tmp_path / "runs")
    # Elsewhere, the same bytes are the same weights.
    (tmp_path / "own.pt").rename(tmp_path / "moved.pt")
    write_study(tmp_path, SHORT, f'weights = "moved.pt"\n{SPACE}')
    run("search", study, "--runs-dir", tmp_path / "runs")


class TestRefused:
    """Files that are no weights of the backbone: one line, exit code 2, no study."""

    @pytest.fixture
    def state(self) -> dict[str, Any]:
        return create("resnet8", 10, 1, width=4).state_dict()

    def refused(self, folder: Path, content: Any) -> str:
        """Write a file of weights; return the one line that must come before any study."""
        study = write_study(folder, space=f'weights = "own.pt"\n{SPACE}')
        if content is not None:
            torch.save(content, folder / "own.pt")
        message = fail("search", study, "--runs-dir", folder / "runs")
        assert message.startswith(f"weights {folder / 'own.pt'}")
        assert not (folder / "runs").exists()
        return message

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert self.refused(tmp_path, None).endswith("own.pt: no such file")

    def test_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "own.pt").mkdir()
        assert "cannot be read: Is a directory" in self.refused(tmp_path, None)

    @pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04damaged"])
    def test_no_file_of_torchs(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "own.pt").write_bytes(content)
        message = self.refused(tmp_path, None)
        assert "no file of weights" in message
        assert "torch.save(net.state_dict(), FILE)" in message

    def test_code_in_the_file_is_not_run(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[Any, ...]:
                return Path.touch, (tmp_path / "sprung",)

        message = self.refused(tmp_path, {"conv1.weight": Trap()})
        assert "holds more than weights" in message
        assert not (tmp_path / "sprung").exists()
        (tmp_path / "own.pt").write_bytes(pickle.dumps(Trap()))
        assert "weights" in self.refused(tmp_path, None)
        assert not (tmp_path / "sprung").exists()

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ([1, 2], "holds a list"),
            (torch.zeros(3), "holds a Tensor"),
            ({"epoch": 3, "model": {}}, "'epoch' in it is a int"),
            ({"state_dict": {"conv1.weight": "zeros"}}, "'conv1.weight' in it is a str"),
        ],
    )
    def test_no_state_dict(self, tmp_path: Path, content: Any, words: str) -> None:
        assert words in self.refused(tmp_path, content)

    def test_weights_of_another_network(self, tmp_path: Path) -> None:
        message = self.refused(tmp_path, create("alexnet", 10, 1).state_dict())
        assert (
            "in backbone resnet8: the file lacks conv1.weight, bn1.weight, bn1.bias, …" in message
        )
        assert "has besides features.0.weight, features.0.bias, features.3.weight, … (16" in message

    def test_weights_of_another_depth(self, tmp_path: Path) -> None:
        message = self.refused(tmp_path, create("resnet20", 10, 1, width=4).state_dict())
        assert "lacks" not in message
        assert "the file has besides layer1.1.conv1.weight" in message

    def test_weights_for_other_classes(self, tmp_path: Path) -> None:
        message = self.refused(tmp_path, create("resnet8", 7, 1, width=4).state_dict())
        assert "fc.weight is 7×16 there, not 10×16, fc.bias is 7 there, not 10;" in message
        assert "as many classes" in message

    def test_a_part_of_the_weights(self, tmp_path: Path, state: dict[str, Any]) -> None:
        del state["fc.bias"]
        assert "the file lacks fc.bias;" in self.refused(tmp_path, state)

    def test_they_belong_into_the_search_space(self, tmp_path: Path) -> None:
        message = fail("search", write_study(tmp_path), "--set", "weights=own.pt")
        assert "weights: belongs into the search-space file" in message

    def test_a_file_that_has_changed(self, tmp_path: Path, state: OrderedDict[str, Any]) -> None:
        study = write_study(
            tmp_path,
            SHORT,
            f'weights = "own.pt"\n{SPACE}',
        )
        torch.save(state, tmp_path / "own.pt")
        runs = tmp_path / "runs"
        run("search", study, "--runs-dir", runs)
        torch.save({name: 2 * value for name, value in state.items()}, tmp_path / "own.pt")
        assert "weights.sha256 was" in fail("search", study, "--runs-dir", runs)
        again = fail("resume", "tiny", "--trials", 2, "--runs-dir", runs)
        assert f"the weights in {tmp_path / 'own.pt'} have changed" in again
        (tmp_path / "own.pt").unlink()
        assert "own.pt: no such file" in fail("resume", "tiny", "--trials", 2, "--runs-dir", runs)

"""A study whose images are streamed: the same numbers, and the path stays with the study."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.records import load_study, load_trials
from tests.search.tiny import STUDY, fail, numbers, write_study

TWO = STUDY.replace("trials = 5", "trials = 2")


def search(*arguments: object, runs: Path) -> str:
    result = CliRunner().invoke(app, ["search", *map(str, arguments), "--runs-dir", str(runs)])
    assert result.exit_code == 0, result.output
    return result.stdout


def curves(runs: Path, name: str = "tiny") -> list[tuple[Any, ...]]:
    return numbers([trial.to_dict() for trial in load_trials(load_study(runs, name), curves=True)])


def frozen(runs: Path) -> dict[str, Any]:
    return tomllib.loads((runs / "tiny" / "study.toml").read_text())["data"]


@pytest.fixture(scope="module")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("streamed")
    study = write_study(home, TWO.replace("[data]", "[data]\nmemory_limit_bytes = 1000"))
    search(study, "--set", "data.workers=0", runs=home / "runs")
    return home


def test_a_streamed_study_has_the_numbers_of_one_in_memory(streamed: Path, tmp_path: Path) -> None:
    search(write_study(tmp_path, TWO), runs=tmp_path / "runs")
    assert curves(streamed / "runs") == curves(tmp_path / "runs")
    assert frozen(tmp_path / "runs")["in_memory"] is True


def test_the_path_is_frozen_and_shown(streamed: Path) -> None:
    assert frozen(streamed / "runs")["in_memory"] is False
    page = CliRunner().invoke(app, ["pareto", "tiny", "--runs-dir", str(streamed / "runs")])
    assert "digits (streamed): 160 training images" in " ".join(page.stdout.split())


def test_going_on_keeps_the_path_whoever_reads(streamed: Path) -> None:
    before = curves(streamed / "runs")
    search(streamed / "tiny.toml", "--set", "data.workers=1", runs=streamed / "runs")
    assert curves(streamed / "runs") == before
    message = fail(
        "search", streamed / "tiny.toml", "--set", "data.in_memory=true", "--runs-dir",
        streamed / "runs",
    )  # fmt: skip
    assert "data.in_memory was False, now True" in message


def test_a_picture_that_cannot_be_decoded_ends_the_trial_by_name(tmp_path: Path) -> None:
    root = tmp_path / "pictures"
    noise = np.random.default_rng(0).integers(0, 256, (3, 2, 20, 8, 8), np.uint8)
    for part, label, number in np.ndindex(3, 2, 20):
        path = root / ("train", "val", "test")[part] / str(label) / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise[part, label, number]).save(path)
    data = f'name = "imagefolder"\nroot = "{root}"\nin_memory = false\nworkers = 0'
    study = TWO.replace('name = "digits"', data).replace("limit = 160\n", "")
    file, runs = write_study(tmp_path, study), tmp_path / "runs"
    damaged = root / "val" / "1" / "07.png"
    whole = damaged.read_bytes()
    damaged.write_bytes(b"GIF")
    message = fail("search", file, "--runs-dir", runs)
    assert message.startswith(f"{damaged}: cannot be decoded: ")
    damaged.write_bytes(whole[:60])
    error = CliRunner().invoke(app, ["search", str(file), "--runs-dir", str(runs)]).exception
    assert str(error).startswith(
        f"the bare backbone cannot be trained: {damaged}: cannot be decoded: "
    )

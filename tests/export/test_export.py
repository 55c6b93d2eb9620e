"""``nasattn export`` and ``nasattn.load``: the network comes back, and no code with it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor
from typer.testing import CliRunner, Result

import nasattn
from nasattn.cli.main import app
from nasattn.errors import FailedError, UserError
from tests.search.tiny import fail

STUDY = """
search_space = "space.toml"
objectives = ["accuracy", "flops"]
trials = 3
[data]
name = "digits"
limit = 200
[recipe]
epochs = 1
precision = "fp32"
[search]
sampler = "random"
[execution]
threads = 1
keep_weights = true
"""
SPACE = """
backbone = "resnet8"
input_shape = [1, 8, 8]
backbone_args = { width = 8 }
[[choice]]
name = "gate"
slot = "before_conv"
scope = "stage"
options = ["none", "gct"]
[[choice]]
name = "activation"
slot = "activation"
scope = "network"
options = ["keep", "atac"]
[[choice]]
name = "attend"
slot = "block_end"
scope = "stage"
options = ["ortho", "nam", "eca"]
ortho.ratio = 4
"""
FILES = {"weights.safetensors", "architecture.json", "usage.json", "README.md"}


def run(home: Path, *line: object) -> Result:
    done = CliRunner().invoke(app, [*map(str, line), "--runs-dir", str(home / "runs")])
    assert done.exit_code == 0, done.exception
    return done


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of three trials with their weights, and one of them exported."""
    home = tmp_path_factory.mktemp("export")
    (home / "space.toml").write_text(SPACE, encoding="utf-8")
    (home / "kept.toml").write_text(STUDY, encoding="utf-8")
    run(home, "search", home / "kept.toml")
    run(home, "export", "kept", 2, "--to", home / "out")
    return home


def trial(home: Path, number: int) -> Path:
    return home / "runs" / "kept" / "trials" / str(number)


def copied(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def edited(folder: Path, name: str, **changes: Any) -> None:
    values = json.loads((folder / name).read_text(encoding="utf-8"))
    (folder / name).write_text(json.dumps(values | changes), encoding="utf-8")


@pytest.fixture
def images() -> Tensor:
    return torch.randn(7, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def test_the_folder_holds_the_network_to_the_bit(home: Path, images: Tensor) -> None:
    assert {path.name for path in (home / "out").iterdir()} == FILES
    kept = torch.load(trial(home, 2) / "weights.pt", weights_only=True)
    network = nasattn.load(home / "out")
    state = network.state_dict()
    assert list(state) == list(kept)
    assert all(torch.equal(state[name], kept[name]) for name in kept)
    assert all(state[name].dtype == kept[name].dtype for name in kept)
    assert not network.training
    assert torch.equal(network(images), nasattn.load(str(trial(home, 2)))(images))


def test_the_weights_name_their_architecture(home: Path) -> None:
    architecture = nasattn.Architecture.parse((home / "out" / "architecture.json").read_text())
    with safe_open(home / "out" / "weights.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt", "digest": architecture.digest}


def test_an_exported_folder_classifies_as_the_trial_does(home: Path, tmp_path: Path) -> None:
    from PIL import Image

    picture = tmp_path / "grey.png"
    Image.effect_noise((8, 8), 64).save(picture)
    told = [
        json.loads(run(home, "predict", *named, picture, "--json").stdout)
        for named in ((home / "out",), ("kept", 2))
    ]
    assert told[0]["images"] == told[1]["images"]
    assert told[0]["digest"] == told[1]["digest"]


def test_the_card_tells_what_was_measured_and_that_it_was_chosen(home: Path) -> None:
    card = (home / "out" / "README.md").read_text(encoding="utf-8")
    record = json.loads(run(home, "show", "kept", 2, "--json").stdout)
    assert "# `kept`, trial 2" in card
    assert f"{100 * record['accuracy']:.2f} % on validation images" in card
    assert f"{record['params']:,}" in card
    assert f"{record['flops']:,}" in card
    assert "3 trials of the study were compared on" in card
    assert "digits: 200 training images" in card
    assert all(f"`{placed['at']}`" in card for placed in record["placements"])


@pytest.mark.parametrize(
    ("kind", "file", "bound"),
    [
        ("torch-export", "program.pt2", 1e-6),
        pytest.param("onnx", "model.onnx", 1e-4, marks=pytest.mark.slow),
    ],
)
def test_a_program_does_what_the_network_does(  # noqa: PLR0917 - fixtures
    home: Path, tmp_path: Path, images: Tensor, kind: str, file: str, bound: float
) -> None:
    out = tmp_path / "program"
    said = run(home, "export", "kept", 2, "--to", out, "--format", kind, "--json")
    assert json.loads(said.stdout)["largest_difference"] <= bound
    if kind == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(out / file, providers=["CPUExecutionProvider"])
        found = torch.from_numpy(session.run(None, {"images": images.numpy()})[0])
    else:
        found = torch.export.load(out / file).module()(images)
    assert (found - nasattn.load(out)(images)).abs().max() <= bound


def test_a_program_is_refused_by_its_format(home: Path, tmp_path: Path) -> None:
    error = fail(
        "export",
        "kept",
        "2",
        "--to",
        tmp_path / "x",
        "--format",
        "onx",
        "--runs-dir",
        home / "runs",
    )
    assert 'no format "onx"' in error
    assert "did you mean" in error
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_there_are_never_overwritten(home: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    error = fail("export", "kept", "2", "--to", tmp_path, "--runs-dir", home / "runs")
    assert "has files already" in error
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_trial_without_weights_says_how_to_get_them(home: Path, tmp_path: Path) -> None:
    bare = home / "bare.toml"
    bare.write_text(STUDY.replace("keep_weights = true", "").replace("= 3", "= 1"), "utf-8")
    run(home, "search", bare)
    error = fail("export", "bare", "0", "--to", tmp_path / "x", "--runs-dir", home / "runs")
    assert "nasattn train" in error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_no_code_of_the_folder_is_run(home: Path, tmp_path: Path) -> None:
    folder = copied(home / "out", tmp_path)
    code = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\n"
    (folder / "evil_net.py").write_text(code, encoding="utf-8")
    edited(folder, "architecture.json", backbone="evil_net:make")
    script = "import nasattn; nasattn.load('.')"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "evil_net:make would be imported from the folder itself" in done.stderr
    assert not (folder / "ran").exists()


class Touches:
    """Unpickled, it would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_no_pickle_of_the_folder_is_run(home: Path, tmp_path: Path) -> None:
    folder = copied(trial(home, 2), tmp_path)
    torch.save({"conv1.weight": Touches(tmp_path / "ran")}, folder / "weights.pt")
    with pytest.raises(UserError, match="code in a file is not run"):
        nasattn.load(folder)
    assert not (tmp_path / "ran").exists()


def damaged(folder: Path, name: str, rule: str) -> None:
    with pytest.raises(UserError) as caught:
        nasattn.load(folder)
    assert name in str(caught.value)
    assert rule in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damaged_files_are_named(home: Path, tmp_path: Path) -> None:
    folder = copied(home / "out", tmp_path)
    content = (folder / "weights.safetensors").read_bytes()
    (folder / "weights.safetensors").write_bytes(content[: len(content) // 2])
    damaged(folder, "weights.safetensors", "damaged")
    (folder / "weights.safetensors").write_bytes(b"")
    damaged(folder, "weights.safetensors", "damaged")
    (folder / "weights.safetensors").write_bytes(content)
    edited(folder, "architecture.json", placements=[])
    damaged(folder, "weights.safetensors", "has besides")
    (folder / "usage.json").unlink()
    damaged(folder, "usage.json", "cannot be read")


def test_a_network_that_cannot_be_a_program_fails_in_one_line() -> None:
    from nasattn.export import make_program

    class Branching(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.sum((2, 3)) if x.sum() > 0 else x.mean((2, 3))

    with pytest.raises(FailedError, match="cannot be made a program of torch-export") as caught:
        make_program(Branching().eval(), (1, 4, 4), "torch-export")
    assert "\n" not in str(caught.value)


def test_a_full_disk_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from nasattn.errors import WriteError
    from nasattn.export import folder

    def full(path: Path, content: bytes) -> None:
        if path.name == "b":
            raise WriteError(f"cannot write {path}: No space left on device")
        path.write_bytes(content)

    monkeypatch.setattr(folder, "write_atomic", full)  # stands for a disk that is full
    with pytest.raises(WriteError, match="No space left"):
        folder.write_folder(tmp_path / "out", {"a": b"1", "b": b"2"})
    assert list(tmp_path.iterdir()) == []

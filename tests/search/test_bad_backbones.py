"""Networks that cannot be placed in or trained: one line, exit code 2, no study."""

import json
import sys
from pathlib import Path

import pytest
import torch

from nasattn.cli.main import main, text_and_code
from tests.search.tiny import SPACE, fail, write_study

BROKEN = "tests.conformance.broken_networks"


def space_of(factory: str, **arguments: str) -> str:
    lines = [f"{key} = {value!r}" for key, value in arguments.items()]
    return f"""
backbone = "{BROKEN}:{factory}"
input_shape = [1, 8, 8]
backbone_args = {{ {", ".join(lines)} }}
[[choice]]
name = "attend"
slot = "after_conv"
options = ["none", "se"]
se.ratio = 2
"""


def refused(folder: Path, factory: str, **arguments: str) -> str:
    """Search over a broken network; return the one line that must come before any study."""
    study = write_study(folder, space=space_of(factory, **arguments))
    message = fail("search", study, "--runs-dir", folder / "runs")
    assert not (folder / "runs").exists()
    assert message.count(BROKEN) == 1
    return message


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        ("leaving", ["its factory failed: it called sys.exit(3)"]),
        ("deaf", ["float32 of shape (2, 1000) for 2 images in training", "shape (2, 10)"]),
        ("changing", ["two different networks", "body.0.weight was of shape", ", then of shape"]),
        ("double", ["its parameter body.0.weight is float64, but must be float32", ".float()"]),
        ("frozen", ["has no trainable parameters"]),
        ("lazy", ["the size of 0.weight is left open"]),
        ("uncopyable", ["what its factory returned cannot be copied", "lock"]),
        (
            "untraceable",
            ["has no after_conv site", "refused: the network (cannot be traced: symb"],
        ),
    ],
)
def test_a_factory_or_network_that_goes_wrong(
    tmp_path: Path, factory: str, words: list[str]
) -> None:
    message = refused(tmp_path, factory)
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize("mode", ["training", "evaluation"])
@pytest.mark.parametrize(
    ("change", "described"),
    [
        ("classes", "int64 of shape"),
        ("nothing", "NoneType"),
        ("numbers", "float"),
        ("text", "str"),
        ("whole", "float32 of shape"),
    ],
)
def test_a_network_that_returns_no_logits(
    tmp_path: Path, change: str, described: str, mode: str
) -> None:
    message = refused(tmp_path, "returning", change=change, mode=mode)
    count = 2 if mode == "training" else 1
    assert f"returns {described}" in message
    assert f"in {mode}, but must return logits of shape ({count}, 10)" in message


def test_a_module_at_a_site_without_a_size(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text(
        """
        backbone = "tests.conformance.networks:pyramid"
        [[variant]]
        name = "placed"
        placements = [{ slot = "after_conv", at = "shared.conv", module = "ortho" }]
        [data]
        name = "fake"
        """
    )
    assert fail("search", study) == (
        'variant "placed": nothing can be placed at after_conv:shared.conv: '
        "called with maps of different sizes"
    )


def test_a_space_over_what_cannot_be_traced_is_shown_with_the_reason(tmp_path: Path) -> None:
    write_study(tmp_path, space=space_of("untraceable"))
    message = fail("space", "show", tmp_path / "space.toml")
    assert "refused: the network (cannot be traced: symbolically traced variables" in message


def test_logits_without_a_gradient(tmp_path: Path) -> None:
    message = refused(tmp_path, "returning", change="detached")
    assert "do not depend on trainable parameters" in message


def test_a_forward_that_leaves(tmp_path: Path) -> None:
    study = write_study(tmp_path, space=space_of("leaving_forward"))
    assert "does not take images of 1×8×8 (C×H×W): no licence" in fail("search", study)


def test_a_module_that_leaves_when_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_network.py").write_text("import sys\nsys.exit('no licence')\n")
    monkeypatch.syspath_prepend(tmp_path)
    message = fail("sites", "own_network:make")
    assert message == (
        "backbone own_network:make cannot be imported: it called sys.exit('no licence')"
    )


def leave(patch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command as a process would; return its exit code."""
    patch.setattr(sys, "argv", ["nasattn", *arguments])
    patch.setattr(sys, "path", list(sys.path))
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_ctrl_c_in_a_factory_is_not_its_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert leave(monkeypatch, "sites", f"{BROKEN}:interrupted") == 130


def test_what_no_memory_holds_is_no_bug() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**50)
    line, code = text_and_code(caught.value)
    assert (line.split(":")[1], code) == (" out of memory", 1)


@pytest.mark.parametrize(("command", "shape"), [("cost", "1,8,8"), ("sites", "1,9,9")])
def test_what_a_network_prints_is_no_result(
    command: str, shape: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [command, f"{BROKEN}:printing", "--input-shape", shape, "--json"]
    assert leave(monkeypatch, *arguments) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["backbone"] == f"{BROKEN}:printing"
    assert "making a network" in printed.err
    assert "running a network" in printed.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["cost", "resnet8", "--num-classes", "100000000000000"],
        ["cost", "resnet8", "--input-shape", "3,100000000,100000000"],
        ["sites", "resnet8", "--input-shape", "3,100000000,100000000"],
        ["sites", "resnet8", "--arg", f"width={2**40}"],
        ["sites", "mobilenet", "--arg", f"width={2**40}"],
        ["space", "new", "x.toml", "--backbone=resnet8", "--input-shape=99999999,8,8", "--se"],
    ],
)
def test_sizes_beyond_every_machine(arguments: list[str]) -> None:
    message = fail(*arguments)
    assert "must be " in message
    assert any(bound in message for bound in ("131,072", "16,777,216", "1024", "8.0"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "eca.kernel_size = [1, 3]",
            f"eca.kernel_size = {2**63 - 1}",
            "odd integer from 1 to 1023",
        ),
        ("eca.kernel_size = [1, 3]", "eca.gamma = 1e-320", "eca.gamma = 1e-320"),
        ("ortho.ratio = [2, 4]", "ortho.filter_size = 1000000", "an integer from 1 to 1023"),
        ("input_shape = [1, 8, 8]", "input_shape = [1, 9000, 9000]", "at most 16,777,216"),
    ],
)
def test_sizes_in_a_space_beyond_every_machine(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    study = write_study(tmp_path, space=SPACE.replace(old, new))
    message = fail("search", study)
    assert words in message
    assert "space.toml" in message


def test_images_resized_to_another_shape_than_the_networks(tmp_path: Path) -> None:
    message = fail("search", write_study(tmp_path), "--set", "data.resize=100000")
    assert (
        "[data] resize = 100000 makes images of 100000×100000, but input_shape is 1×8×8" in message
    )

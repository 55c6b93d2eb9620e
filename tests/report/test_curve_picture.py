"""Learning curves as pictures: what a reader needs is in them."""

import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image
from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.errors import NasattnError, UserError
from nasattn.records import load_study
from nasattn.report.curve_picture import draw_curve
from tests.studies import make_curve, make_study, make_trial, write_settings

ECA = {"slot": "block_end", "at": "layer1.0", "module": "eca", "options": {"kernel_size": 3}}


def draw(folder: Path, name: str, curve: tuple[dict[str, Any], ...], **settings: Any) -> Path:
    if not (folder / "one").exists():
        write_settings(folder, "one", **settings)
    trial = make_trial(5, placements=(ECA,), curve=curve)
    draw_curve(load_study(folder, "one"), trial, folder / name)
    return folder / name


def texts(file: Path) -> list[str]:
    found = ElementTree.fromstring(file.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    return ["".join(node.itertext()).strip() for node in found.iter() if node.tag.endswith("}text")]


@pytest.mark.parametrize("evaluate", ["validation", "test"])
def test_it_has_title_axes_units_legend_and_conditions(tmp_path: Path, evaluate: str) -> None:
    said = texts(draw(tmp_path, "curve.svg", make_curve(4), evaluate=evaluate))
    for words in (
        "one, trial 5 (complete): eca(k=3) @ layer1.0",
        "accuracy (%)",
        "loss (nats)",
        "training accuracy",
        f"{evaluate} accuracy",
        "training loss",
        f"{evaluate} loss",
    ):
        assert words in said
    assert said.count("epoch") == 2
    everything = " ".join(said)
    assert "digits: 1,294 training images" in everything
    assert "torch 2.14.1" in everything


def test_equal_curves_are_equal_files(tmp_path: Path) -> None:
    one, two = (draw(tmp_path, f"{n}.svg", make_curve(3)).read_bytes() for n in (1, 2))
    assert one == two


def test_a_png_is_a_picture_of_some_size(tmp_path: Path) -> None:
    with Image.open(draw(tmp_path, "curve.png", make_curve(3))) as picture:
        assert picture.format == "PNG"
        assert picture.width > picture.height > 500


def test_the_points_are_the_curves(tmp_path: Path) -> None:
    curve = make_curve(6)
    file = draw(tmp_path, "curve.svg", curve)
    # A marker is drawn at every epoch of each of the four lines, and one in each legend.
    uses = re.findall(r"<use [^>]*x=\"([\d.]+)\" y=\"([\d.]+)\"", file.read_text(encoding="utf-8"))
    steps = {round(float(x), 1) for x, _ in uses}
    assert len(steps) >= 2 * len(curve)


def test_losses_alone_are_a_picture_too(tmp_path: Path) -> None:
    curve = ({"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25})
    said = texts(draw(tmp_path, "curve.svg", curve))
    assert "loss (nats)" in said
    assert "accuracy (%)" not in said


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no epoch of trial 5 is finished yet"):
        draw(tmp_path, "curve.svg", ())


def show(runs: Path, *words: object) -> NasattnError | None:
    line = ["show", "one", 0, "--runs-dir", runs, *words]
    error = CliRunner().invoke(app, list(map(str, line))).exception
    assert error is None or isinstance(error, NasattnError)
    return error


def test_the_command_draws_it(tmp_path: Path) -> None:
    make_study(tmp_path, "one", [make_trial(0, curve=make_curve(4))])
    assert show(tmp_path, "--plot", tmp_path / "curve.svg") is None
    assert "validation accuracy" in texts(tmp_path / "curve.svg")
    error = show(tmp_path, "--plot", tmp_path / "curve.pdf")
    assert str(error) == f"--figure {tmp_path}/curve.pdf: the name must end in .png or .svg"


def test_without_matplotlib_it_is_said_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_study(tmp_path, "one", [make_trial(0, curve=make_curve(4))])
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    error = show(tmp_path, "--plot", tmp_path / "curve.svg")
    assert isinstance(error, UserError)
    assert str(error).startswith("--figure needs plots (")
    assert str(error).endswith("): pip install 'nasattn[plots]'")
    assert not (tmp_path / "curve.svg").exists()

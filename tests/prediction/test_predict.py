"""``nasattn predict``: what a kept network says of pictures and of what was held out."""

import csv
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner, Result

from nasattn.cli.main import app
from nasattn.data import DataSpec, Images, Splits, load
from nasattn.placement import Architecture, build
from nasattn.training import Recipe, outputs_of
from tests.search.tiny import fail

ARCHITECTURE = """{"backbone": "resnet8", "backbone_args": {"width": 4}, "input_shape": [1, 8, 8],
  "placements": [{"slot": "block_end", "at": "layer2.0.add", "module": "ortho",
    "options": {"ratio": 4}}]}"""
COLOUR = '{"backbone": "resnet8", "backbone_args": {"width": 4}, "input_shape": [3, 8, 8]}'
SETTINGS = [
    *("--set", "recipe.batch_size=32", "--set", "execution.threads=1"),
    *("--set", 'recipe.precision="fp32"'),
]


def nasattn(home: Path, *line: object) -> Result:
    done = CliRunner().invoke(app, [*map(str, line), "--runs-dir", str(home / "runs")])
    assert done.exit_code == 0, done.exception
    return done


def told(home: Path, *line: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(nasattn(home, "predict", *line, "--json").stdout)
    return found


def recorded(home: Path, name: str) -> float:
    accuracy: float = json.loads(nasattn(home, "show", name, 0, "--json").stdout)["accuracy"]
    return accuracy


def images(splits: Splits) -> Images:
    assert isinstance(splits.test, Images)
    return splits.test


def write_digits(root: Path, mode: str = "RGB", size: tuple[int, int] = (15, 11)) -> Path:
    """Write real digits as pictures of another size and mode: ``root/{train,test}/CLASS/*.png``."""
    digits = images(load(DataSpec(name="digits"), (1, 8, 8)))
    for number, (pixels, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
        part = "test" if number % 4 == 0 else "train"
        folder = root / part / f"digit {label}"
        folder.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(pixels[0].numpy()).resize(size)
        picture.convert(mode).save(folder / f"{number:03}.png")
    return root


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks with their weights: of grey digits as they are, and of coloured pictures."""
    home = tmp_path_factory.mktemp("predict")
    (home / "grey.json").write_text(ARCHITECTURE, encoding="utf-8")
    (home / "colour.json").write_text(COLOUR, encoding="utf-8")
    average = ["--set", "recipe.ema_decay=0.8", "--set", "data.limit=300"]
    grey = ["train", home / "grey.json", "--data", "digits", "--epochs", 3]
    nasattn(home, *grey, *SETTINGS, *average)
    pictures = f"imagefolder:{write_digits(home / 'pictures')}"
    normalised = ["--set", "data.resize=8", "--set", "data.mean=0.5", "--set", "data.std=0.25"]
    colour = ["train", home / "colour.json", "--data", pictures, "--epochs", 2]
    nasattn(home, *colour, *SETTINGS, *normalised, "--set", "evaluate=test")
    return home


@pytest.mark.parametrize(("name", "split"), [("grey", "validation"), ("colour", "test")])
def test_the_accuracy_of_the_split_is_the_recorded_one(home: Path, name: str, split: str) -> None:
    found = told(home, name, 0, "--split", split)["held_out"]
    assert found["split"] == split
    assert found["accuracy"] == found["recorded_accuracy"] == recorded(home, name)
    page = nasattn(home, "predict", name, 0, "--split", split).stdout
    share = f"{100 * found['accuracy']:.2f} %"
    assert f"accuracy on all {found['num_images']} {split} images: {share}" in page
    assert f"recorded when it was trained: {share}" in page


def test_the_other_split_has_no_recorded_accuracy(home: Path) -> None:
    found = told(home, "grey", 0, "--split", "test")["held_out"]
    assert (found["num_images"], found["recorded_accuracy"]) == (359, None)
    assert found["accuracy"] > 0.3


def test_pictures_one_by_one_are_taken_for_what_the_split_takes_them_for(home: Path) -> None:
    files = sorted((home / "pictures" / "test").glob("*/*.png"))
    found = told(home, "colour", 0, *files, "--split", "test")
    right = [image["class"] == Path(image["image"]).parent.name for image in found["images"]]
    assert len(right) == found["held_out"]["num_images"] == 90
    assert sum(right) / len(right) == found["held_out"]["accuracy"] == recorded(home, "colour")


def test_probabilities_are_those_of_the_network(home: Path, tmp_path: Path) -> None:
    splits = load(DataSpec(name="digits", limit=300), (1, 8, 8))
    some = images(splits).take(torch.arange(12))
    files = []
    for number, pixels in enumerate(some.images):
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(pixels[0].numpy()).save(files[-1])
    folder = home / "runs" / "grey" / "trials" / "0"
    net = build(Architecture.parse((folder / "architecture.json").read_text()), num_classes=10)
    net.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
    recipe = Recipe(precision="fp32", channels_last=False)
    logits = outputs_of(net, some, splits, recipe, torch.device("cpu")).logits
    found = told(home, "grey", 0, *files, "--top", 99)["images"]
    for image, expected in zip(found, logits.softmax(1), strict=True):
        shares = {one["class"]: one["probability"] for one in image["top"]}
        assert [shares[str(label)] for label in range(10)] == pytest.approx(
            expected.tolist(), abs=1e-5
        )
        ordered = [one["probability"] for one in image["top"]]
        assert ordered == sorted(ordered, reverse=True)
        assert (image["class"], image["probability"]) == (image["top"][0]["class"], ordered[0])


def test_the_tables_say_what_the_document_does(home: Path) -> None:
    files = sorted((home / "pictures" / "test").glob("*/*.png"))[:3]
    line = ("colour", 0, *files, "--split", "test")
    found = told(home, *line)
    rows = list(csv.DictReader(nasattn(home, "predict", *line, "--csv").stdout.splitlines()))
    said = [(i["image"], one["class"]) for i in found["images"] for one in i["top"]]
    assert [(row["image"], row["class"]) for row in rows] == said
    latex = nasattn(home, "predict", *line, "--latex").stdout
    assert latex.count(r"\toprule") == latex.count("colour, trial 0") == 2
    assert f"test & 90 & {100 * found['held_out']['accuracy']:.2f}" in latex
    (split,) = csv.DictReader(
        nasattn(home, "predict", *line[:2], *line[-2:], "--csv").stdout.splitlines()
    )
    assert float(split["accuracy"]) == found["held_out"]["accuracy"]


def test_the_page_has_a_row_for_each_picture(home: Path) -> None:
    files = sorted((home / "pictures" / "test").glob("*/*.png"))[:3]
    found = told(home, "grey", 0, *files, "--top", 2)
    lines = nasattn(home, "predict", "grey", 0, *files, "--top", 2).stdout.splitlines()
    assert lines[0] == f"grey, trial 0: architecture {found['digest']}"
    for image in found["images"]:
        assert len(image["top"]) == 2
        text = " ".join(lines)
        assert image["image"] in text
        assert f"{100 * image['probability']:.2f}" in text
    assert lines[-1] == "computed on cpu in fp32"


@pytest.mark.parametrize("name", ["grey", "colour"])
def test_any_size_and_mode_is_prepared_for_the_network(
    home: Path, tmp_path: Path, name: str
) -> None:
    digit = sorted((home / "pictures" / "test").glob("*/*.png"))[0]
    files = []
    for number, mode in enumerate(("L", "LA", "RGB", "RGBA", "P", "CMYK", "1")):
        files.append(tmp_path / f"{mode}.{'tif' if mode == 'CMYK' else 'png'}")
        picture = Image.open(digit).convert("L").resize((64 + number // 5, 40))
        picture.convert(mode).save(files[-1])
    found = told(home, name, 0, *files, "--top", 10)["images"]
    shares = [{one["class"]: one["probability"] for one in image["top"]} for image in found]
    assert all(sum(of.values()) == pytest.approx(1) for of in shares)
    # Without transparency, and with red, green and blue alike, they are one picture.
    for of in shares[1:5]:
        assert of == pytest.approx(shares[0], abs=1e-4)


def test_a_trials_folder_is_the_trial(home: Path, tmp_path: Path) -> None:
    files = sorted((home / "pictures" / "test").glob("*/*.png"))[:2]
    folder = home / "runs" / "grey" / "trials" / "0"
    there = told(home, folder, *files, "--split", "test")
    assert there == told(home, "grey", 0, *files, "--split", "test")
    copied = shutil.copytree(folder, tmp_path / "mine")
    alone = told(home, copied, *files)
    assert alone["images"] == there["images"]
    assert (alone["study"], alone["trial"], alone["digest"]) == (None, None, there["digest"])
    assert str(copied) in nasattn(home, "predict", copied, *files).stdout.splitlines()[0]
    message = fail("predict", copied, "--split", "test")
    assert "not in a run folder, whose study.toml names the images" in message


def test_a_gallery_marks_right_and_wrong(home: Path, tmp_path: Path) -> None:
    file, again = tmp_path / "gallery.html", tmp_path / "again.html"
    document = told(home, "grey", 0, "--gallery", file, "--shown", 40)
    found = document["held_out"]
    told(home, "grey", 0, "--gallery", again, "--shown", 40)
    text = file.read_text(encoding="utf-8")
    assert text == again.read_text(encoding="utf-8")
    figures = re.findall(r'<figure class="(\w+)">.*?alt="(.*?)"><figcaption>(.*?)</f', text, re.S)
    assert len(figures) == 40
    assert len({kind for kind, *_ in figures}) == 2
    for kind, truth, words in figures:
        said = re.match(r"([✓✗]) (\d) \((\d+\.\d) %\)(?:\nis (\d))?", words)
        assert said
        assert (said[1] == "✓") is (kind == "right") is (said[2] == truth)
        assert said[4] == (None if kind == "right" else truth)
    right = round(found["accuracy"] * found["num_images"])
    assert found["gallery"] == str(file)
    assert f"{right} of {found['num_images']} validation images right" in text
    assert "Shown are 40 of them: a fixed (seeded) sample" in text
    assert "300 training images" in text
    assert "http" not in text


def test_a_gallery_has_the_classes_in_proportion(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "gallery.html"
    told(home, "colour", 0, "--gallery", file, "--shown", 30)
    truths = re.findall(r'alt="(.*?)"', file.read_text(encoding="utf-8"))
    share = {name: truths.count(name) / 30 for name in set(truths)}
    folders = sorted((home / "pictures" / "test").iterdir())
    for folder in folders:
        expected = len(list(folder.iterdir())) / 90
        assert share.get(folder.name, 0.0) == pytest.approx(expected, abs=0.1)


def is_within(figure: Any, text: Any) -> bool:
    box, whole = text.get_window_extent(), figure.bbox
    inside: bool = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= whole.x1 and box.y1 <= whole.y1
    return inside


def test_a_gallery_as_a_picture(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nasattn.report import gallery_picture

    drawn: list[Any] = []
    write = gallery_picture.write_figure
    monkeypatch.setattr(
        gallery_picture,
        "write_figure",
        lambda figure, file: drawn.append(figure) or write(figure, file),
    )
    file, html = tmp_path / "gallery.png", tmp_path / "gallery.html"
    told(home, "grey", 0, "--gallery", file, "--shown", 11)
    told(home, "grey", 0, "--gallery", html, "--shown", 11)
    with Image.open(file) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 400
    (figure,) = drawn
    captions = re.findall(r"<figcaption>(.*?)</f", html.read_text(encoding="utf-8"), re.S)
    axes = [one for one in figure.axes if one.get_images()]
    assert [one.get_xlabel() for one in axes] == captions
    assert len(captions) == 11
    # Colour is not the only sign.
    styles = {(one.get_xlabel()[0], one.spines["top"].get_linestyle()) for one in axes}
    assert styles == {("✓", "-"), ("✗", "--")}
    figure.draw_without_rendering()  # at its own size, not at that of the file
    around = (figure._suptitle, figure._supxlabel)
    outside = [text for text in around if not is_within(figure, text)]
    assert [text.get_text() for text in outside] == []
    header = " ".join(figure.get_suptitle().split())
    assert header.startswith("grey, trial 0: grey: ortho")
    assert "Shown are 11 of them: a fixed (seeded) sample" in header


def test_without_matplotlib_it_is_said_before_the_work_is_done(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr("nasattn.prediction.load_network", None)
    message = fail("predict", "grey", 0, "--gallery", "x.png", "--runs-dir", home / "runs")
    assert message.startswith("--gallery needs plots (")
    assert message.endswith("): pip install 'nasattn[plots]'")


@pytest.mark.slow
def test_streamed_images_are_judged_alike(home: Path, tmp_path: Path) -> None:
    streamed = [*SETTINGS, "--set", "data.resize=8", "--set", "data.in_memory=false"]
    pictures = f"imagefolder:{home / 'pictures'}"
    line = ["train", home / "colour.json", "--name", "streamed", "--data", pictures]
    nasattn(home, *line, "--epochs", 1, "--set", "data.workers=0", *streamed)
    file = tmp_path / "g.html"
    found = told(home, "streamed", 0, "--gallery", file, "--shown", 5)["held_out"]
    assert found["accuracy"] == recorded(home, "streamed")
    assert file.read_text(encoding="utf-8").count("<figure") == 5


def broken(folder: Path) -> dict[str, Path]:
    """Write files that are no pictures for a network."""
    (folder / "text.png").write_text("no picture")
    whole = folder / "whole.png"
    noise = np.random.default_rng(0).integers(0, 256, (30, 30), np.uint8)
    Image.fromarray(noise).save(whole)
    (folder / "cut.png").write_bytes(whole.read_bytes()[:300])
    Image.fromarray(noise.astype(np.uint16) * 257).save(folder / "deep.png")
    return {name: folder / f"{name}.png" for name in ("text", "cut", "deep", "none")}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text", "cannot be decoded"),
        ("cut", "cannot be decoded"),
        ("deep", "must have 8 bits a channel"),
        ("none", "none.png: no such file or directory"),
    ],
)
def test_what_is_no_picture_is_named(home: Path, tmp_path: Path, name: str, words: str) -> None:
    file = broken(tmp_path)[name]
    message = fail("predict", "grey", 0, file, "--runs-dir", home / "runs")
    assert message.startswith(str(file))
    assert words in message


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["grey", "0"], "name pictures to classify, or --split or --gallery"),
        (["grey"], "grey: give the number of a trial too, or a trial's folder"),
        (["grey", "zero", "x.png"], '"zero": must be the number of a trial of study "grey"'),
        (["grey", "7", "x.png"], 'no trial 7 in study "grey": its trials are 0 to 0'),
        (["gray", "0", "x.png"], 'no study "gray"'),
        (["some/where", "x.png"], "some/where: no trial's folder: there is no architecture.json"),
        (["grey", "0", "--split", "train"], 'no split "train"; known: test, validation'),
        (["colour", "0", "--split", "validation"], "holds out its test images only; --split test"),
        (["grey", "0", "--gallery", "x.gif"], "--gallery x.gif: the name must end in .png or"),
        (["grey", "0", "x.png", "--device", "gpu"], 'no device "gpu"'),
    ],
)
def test_a_mistake_is_one_line(home: Path, words: list[str], said: str) -> None:
    assert said in fail("predict", *words, "--runs-dir", home / "runs")


def test_without_kept_weights_it_is_said_how_to_get_them(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NASATTN_RUNS", str(tmp_path / "runs"))
    shutil.copytree(home / "runs" / "grey", tmp_path / "runs" / "grey")
    folder = tmp_path / "runs" / "grey" / "trials" / "0"
    (folder / "weights.pt").unlink()
    message = fail("predict", "grey", 0, "x.png")
    assert message.startswith(f"{folder}: no weights.pt was kept; nasattn train grey:grey trains")
    assert "--set execution.keep_weights=true" in message
    shutil.move(folder, tmp_path / "alone")
    message = fail("predict", tmp_path / "alone", "x.png")
    assert f"nasattn train {tmp_path}/alone/architecture.json --data KIND:PATH" in message


def test_weights_of_another_network_are_refused(home: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(home / "runs" / "grey" / "trials" / "0", tmp_path / "mixed")
    shutil.copy(home / "runs" / "colour" / "trials" / "0" / "weights.pt", folder)
    assert "it must be of this very network" in fail("predict", folder, "x.png")
    (folder / "usage.json").write_text('{"classes": []}')
    assert "usage.json: input_shape is missing" in fail("predict", folder, "x.png")


def test_throughput_is_in_every_form(home: Path) -> None:
    trial = json.loads(nasattn(home, "show", "grey", 0, "--json").stdout)
    speeds = sorted(epoch["eval_images_per_second"] for epoch in trial["curve"])
    assert trial["eval_images_per_second"] == speeds[1] > 0
    assert {epoch["eval_batch_size"] for epoch in trial["curve"]} == {144}
    page = nasattn(home, "show", "grey", 0).stdout
    assert re.search(
        r"evaluation +[\d,.]+ images/s \(median of 3 epochs, batch 144, \w+, cpu, 1 thread\)", page
    )
    (row,) = csv.DictReader(nasattn(home, "trials", "grey", "--csv").stdout.splitlines())
    assert float(row["eval_images_per_second"]) == trial["eval_images_per_second"]


def test_on_test_images_last_and_best_epoch_are_labelled(home: Path) -> None:
    trial = json.loads(nasattn(home, "show", "colour", 0, "--json").stdout)
    page = nasattn(home, "show", "colour", 0).stdout
    accuracies = [epoch["accuracy"] for epoch in trial["curve"]]
    best = accuracies.index(max(accuracies)) + 1
    last, highest = f"{100 * accuracies[-1]:.2f}", f"{100 * max(accuracies):.2f}"
    assert re.search(rf"accuracy +{last} % \(last epoch, test images\)", page)
    assert re.search(rf"best accuracy +{highest} % \(epoch {best}, the best of 2\)", page)
    assert "● test accuracy" in page
    assert "validation" not in page

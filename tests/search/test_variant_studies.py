"""Studies of variants: repeats, the test set, a storage elsewhere, a budget."""

import json
from collections import defaultdict
from pathlib import Path
from statistics import mean

import pytest

from tests.search.tiny import fail, nasattn, numbers, trials

VARIANTS = """
backbone = "resnet8"
backbone_args = { width = 4 }
input_shape = [1, 8, 8]
objectives = ["accuracy", "params"]
repeats = 2
evaluate = "test"
budget = { params = "1.5x" }

[[variant]]
name = "gated"
placements = [{ slot = "before_conv", at = "layer*", module = "gct" }]

[[variant]]
name = "eca"
placements = [{ slot = "after_conv", at = "layer3.0.conv2", module = "eca" }]

[data]
name = "digits"
limit = 160

[recipe]
epochs = 1
batch_size = 32
precision = "fp32"

[execution]
threads = 1
"""


def write(folder: Path, text: str = VARIANTS) -> Path:
    path = folder / "variants.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("variants")
    url = f"sqlite:///{home / 'elsewhere.db'}"
    done = nasattn("search", write(home), "--storage", url, runs=home / "runs")
    assert done.returncode == 0, done.stderr
    return home


def test_the_bare_backbone_and_every_variant_are_trained_with_every_seed(home: Path) -> None:
    found = trials("variants", home / "runs")
    by_variant = defaultdict(list)
    for trial in found:
        by_variant[trial["variant"]].append(trial["repeat"])
    assert by_variant == {None: [0, 1], "gated": [0, 1], "eca": [0, 1]}
    assert found[0]["placements"] == []
    assert {p["at"] for p in found[2]["placements"]} == {
        f"layer{stage}.0.conv{n}" for stage in (1, 2, 3) for n in (1, 2)
    }
    # The point after layer3.0.conv2 is the block's end, and has one name.
    assert [(p["slot"], p["at"]) for p in found[4]["placements"]] == [("block_end", "layer3.0.add")]


def test_the_front_is_of_means_over_the_seeds(home: Path) -> None:
    found = trials("variants", home / "runs")
    document = json.loads(nasattn("pareto", "variants", "--json", runs=home / "runs").stdout)
    assert document["baseline"]["accuracy"] == pytest.approx(
        mean(trial["accuracy"] for trial in found[:2])
    )
    assert all(member["repeats"] == 2 for member in document["front"])


def test_it_is_kept_in_the_storage_that_was_named(home: Path) -> None:
    assert (home / "elsewhere.db").is_file()
    assert not (home / "runs" / "variants" / "study.db").exists()
    before = numbers(trials("variants", home / "runs"))
    again = nasattn("search", home / "variants.toml", runs=home / "runs")
    assert again.returncode == 0, again.stderr
    assert numbers(trials("variants", home / "runs")) == before
    other = nasattn("resume", "variants", "--storage", "sqlite:///x.db", runs=home / "runs")
    assert other.returncode == 2
    assert "is kept in" in other.stderr


def test_the_page_says_what_it_was_measured_on(home: Path) -> None:
    page = nasattn("pareto", "variants", runs=home / "runs").stdout
    assert "160 training images" in page
    assert "best %" in page
    assert "359 test images" in page


def test_a_storage_that_went_away_is_not_begun_anew(home: Path, tmp_path: Path) -> None:
    hidden = (home / "elsewhere.db").rename(home / "hidden.db")
    gone = nasattn("resume", "variants", runs=home / "runs")
    hidden.rename(home / "elsewhere.db")
    assert gone.returncode == 2
    assert "elsewhere.db is gone" in gone.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"layer*"', '"stage*"', ["gated", "stage*", "layer1.0.conv1"]),
        ('"layer3.0.conv2"', '"layer3.0.conv9"', ["layer3.0.conv9", "did you mean"]),
        ('"1.5x"', '"1.00001x"', ["gated", "budget"]),
        ("repeats = 2", "trials = 2", ["trials", "variants"]),
        ('name = "eca"', 'name = "gated"', ["same name"]),
        (
            '{ slot = "after_conv", at = "layer3.0.conv2", module = "eca" }',
            '{ slot = "before_conv", at = "layer*", module = "gct" }',
            ["gated", "eca", "same architecture"],
        ),
    ],
)
def test_a_mistake_among_the_variants(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    study = write(tmp_path, VARIANTS.replace(old, new))
    message = fail("search", study, "--runs-dir", tmp_path / "runs")
    for word in words:
        assert word in message
    assert not (tmp_path / "runs").exists()

"""Every mistake is one line that names the thing and the rule, with exit code 2 and no run."""

import sys
from pathlib import Path

import pytest

from nasattn.errors import UserError
from tests.search.tiny import SPACE, STUDY, fail, write_study

STUDY_MISTAKES = [
    ("trials = 5", "trails = 5", ["unknown key trails", 'did you mean "trials"']),
    ("trials = 5", "trials = 0", ["trials = 0", "greater than or equal to 1"]),
    ('name = "digits"', 'name = "digit"', ['data set "digit"', 'did you mean "digits"']),
    ('name = "digits"', 'name = "imagefolder"\nroot = "nowhere"', ["nowhere"]),
    ('sampler = "random"', 'sampler = "tpee"', ["search.sampler", '"tpee"', 'did you mean "tpe"']),
    ('sampler = "random"', 'sampler = "variants"', ["variants", "[[variant]]"]),
    ('precision = "fp32"', 'precision = "fp33"', ["recipe.precision", '"fp33"', "fp32"]),
    ("seed = 3", 'objectives = ["flops"]', ["objectives", "accuracy"]),
    ("seed = 3", 'evaluate = "test"', ["evaluate", "test set"]),
    ("seed = 3", "budget = { flops = 1 }", ["budget.flops = 1", "bare backbone"]),
    ("seed = 3", 'budget = { flops = "cheap" }', ["budget.flops", "'cheap'", "1.05x"]),
    ('"space.toml"', '"spaces.toml"', ["spaces.toml", "no such file"]),
    ("epochs = 2", "epochs = 2.5", ["recipe.epochs", "2.5"]),
    ("trials = 5", "trials = ", ["tiny.toml", "not TOML"]),
    ("trials = 5", "trials = true", ["trials = True", "whole number"]),
    ("epochs = 2", 'epochs = "2"', ["recipe.epochs = '2'", "whole number"]),
    ("seed = 3", 'objectives = { accuracy = "up" }', ["objectives", "must be an array"]),
    ("seed = 3", 'storage = "study.db"', ['storage "study.db"', "sqlite:///FILE"]),
]


@pytest.mark.parametrize(("old", "new", "words"), STUDY_MISTAKES)
def test_a_mistake_in_the_study_file(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    study = write_study(tmp_path, STUDY.replace(old, new))
    message = fail("search", study, "--runs-dir", tmp_path / "runs")
    for word in words:
        assert word in message
    assert not (tmp_path / "runs").exists()


SPACE_MISTAKES = [
    ('"gct"]', '"gtc"]', ['no attention module "gtc"', "[choice 1]", 'did you mean "gct"']),
    (
        'slot = "block_end"',
        'slot = "block_ends"',
        ['no slot "block_ends"', 'did you mean "block_end"'],
    ),
    ('"resnet8"', '"resnet9"', ['no backbone "resnet9"', "resnet8"]),
    ("eca.kernel_size = [1, 3]", "eca.kernel_size = [2]", ["eca", "kernel_size", "2", "odd"]),
    ("ortho.ratio = [2, 4]", "ortho.ratio = [64]", ["ortho", "ratio", "64"]),
    ("ortho.ratio = [2, 4]", "ortho.ration = [2]", ["ration", 'did you mean "ratio"']),
    (
        'name = "attend"',
        'name = "attend"\nscope = "stages"',
        ['no scope "stages"', 'did you mean "stage"'],
    ),
    ('name = "attend"', 'name = "attend"\nwhere = "layer9*"', ["layer9*", "no"]),
    ('name = "attend"', 'name = "gate"', ["gate"]),
    ("width = 4", "wideth = 4", ["wideth", "width"]),
]


@pytest.mark.parametrize(("old", "new", "words"), SPACE_MISTAKES)
def test_a_mistake_in_the_space_file(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    study = write_study(tmp_path, space=SPACE.replace(old, new))
    message = fail("search", study, "--runs-dir", tmp_path / "runs")
    for word in words:
        assert word in message
    assert "space.toml" in message
    assert not (tmp_path / "runs").exists()


def test_two_choices_on_one_site_are_both_named(tmp_path: Path) -> None:
    other = '\n[[choice]]\nname = "second"\nslot = "after_conv"\noptions = ["none", "se"]\n'
    message = fail("search", write_study(tmp_path, space=SPACE + other + "se.ratio = 2\n"))
    assert "attend" in message
    assert "second" in message


@pytest.mark.parametrize("name", ["a/b", "..", "a..b", "", ".hidden", "-x"])
def test_a_study_name_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    study = write_study(tmp_path)
    message = fail("search", study, f"--name={name}", "--runs-dir", tmp_path / "runs")
    assert "study name" in message
    assert not (tmp_path / "runs").exists()


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    message = fail("search", write_study(tmp_path), "--device", "cuda:77")
    assert 'no device "cuda:77"' in message
    assert "cpu" in message


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite:////nowhere/x.db", "journal://x", "postgresql://u:geheim@h:1/x"]
)
def test_a_storage_that_is_not_there(tmp_path: Path, url: str) -> None:
    runs = tmp_path / "runs"
    message = fail("search", write_study(tmp_path), "--storage", url, "--runs-dir", runs)
    assert "storage" in message
    assert "geheim" not in message
    assert not (runs / "tiny" / "study.toml").exists()


def test_a_study_that_is_not_there(tmp_path: Path) -> None:
    assert 'no study "other"' in fail("resume", "other", "--runs-dir", tmp_path)


@pytest.mark.parametrize("setting", ["recipe.epochs", "=3", "recipe.epoch=3", "trials.x=3"])
def test_a_setting_on_the_command_line(tmp_path: Path, setting: str) -> None:
    assert setting.partition("=")[0] in fail("search", write_study(tmp_path), "--set", setting)


def test_a_space_without_data_says_which_option_names_some(tmp_path: Path) -> None:
    write_study(tmp_path)
    assert "--data" in fail("search", tmp_path / "space.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def load(:", ["mine:load", "SyntaxError"]),
        ("raise KeyError('x')", ["mine:load", "KeyError"]),
        ("def load():\n    return [[1], [1, 2]], [0, 1], [], []", ["mine:load"]),
        ("def load():\n    return 7", ["mine:load", "train_images"]),
    ],
)
def test_a_users_own_data_that_go_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: list[str]
) -> None:
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    message = fail("search", write_study(tmp_path), "--data", "mine:load")
    for word in words:
        assert word in message


def test_errors_keep_their_exit_codes() -> None:
    assert UserError("x").exit_code == 2

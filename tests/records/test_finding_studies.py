from pathlib import Path

import pytest

from nasattn.errors import UnknownNameError, UserError
from nasattn.records import check_name, list_studies, load_study, study_names
from tests.studies import make_study, write_settings


@pytest.mark.parametrize("name", ["a", "quickstart", "resnet20-cifar10", "0.5_x", "A" * 100])
def test_legal_names(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../a", "a..b", ".a", "-a", "a b", "a\n", "é", "a\\b", "A" * 101]
)
def test_illegal_names_are_refused_with_the_rule(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="must be up to 100 letters, digits"):
        load_study(tmp_path, name)


def test_a_study_is_what_its_file_says(tmp_path: Path) -> None:
    make_study(tmp_path, "one", objectives=["accuracy", "params"], trials=7)
    study = load_study(tmp_path, "one")
    assert (study.name, study.objectives, study.trials) == ("one", ("accuracy", "params"), 7)
    assert study.path == tmp_path / "one"
    assert study.settings["data"]["name"] == "digits"
    assert study.epochs == 4
    assert study.cost_range == {"params": (77_000, 120_000), "flops": (800_000, 1_600_000)}


def test_studies_are_listed_by_name_and_other_folders_left_out(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        make_study(tmp_path, name)
    (tmp_path / "notes").mkdir()
    write_settings(tmp_path, ".hidden")
    assert study_names(tmp_path) == ("a", "b", "c")
    assert [study.name for study in list_studies(str(tmp_path))] == ["a", "b", "c"]


def test_a_folder_that_does_not_exist_has_no_studies(tmp_path: Path) -> None:
    assert list_studies(tmp_path / "nowhere") == ()


def test_an_unknown_study_names_the_known_and_the_nearest(tmp_path: Path) -> None:
    make_study(tmp_path, "quickstart")
    with pytest.raises(UnknownNameError, match='did you mean "quickstart"') as caught:
        load_study(tmp_path, "quickstar")
    assert str(tmp_path) in str(caught.value)


def test_where_there_is_no_study_at_all_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no study is there; `nasattn search` makes one"):
        load_study(tmp_path, "quickstart")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"name = = 2", "not TOML"),
        (b"\xff\xfe", "cannot be read"),
        (b"trials = 20", "objectives = None: must be a list out of accuracy, params"),
        (b"objectives = []\ntrials = 20", r"objectives = \[\]: must be"),
        (b'objectives = ["beauty"]\ntrials = 20', r"objectives = \['beauty'\]: must be"),
        (b'objectives = ["accuracy"]\ntrials = "many"', "trials = 'many': must be a whole number"),
        (b'objectives = ["accuracy"]\ntrials = true', "trials = True: must be a whole number"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(text: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "study.toml").write_bytes(text)
    with pytest.raises(UserError, match=said) as caught:
        load_study(tmp_path, "one")
    assert str(tmp_path / "one" / "study.toml") in str(caught.value)
    assert "\n" not in str(caught.value)

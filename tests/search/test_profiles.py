"""Profiles of a study: what they change, what they say, and the shipped ones."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.errors import UserError
from nasattn.search.study.profile import with_profile
from nasattn.search.study.study_file import read_study_file
from nasattn.search.study.variants import architectures
from tests.search.tiny import STUDY, write_study

PROFILE = """
[profile.small]
reduces = "80 of 160 images"
trials = 2
data = { limit = 80 }
recipe = { epochs = 1, optimizer = { name = "adam", lr = 0.01 } }
"""
STUDIES = Path(__file__).parents[2] / "studies"
PUBLISHED = ("alexnet_atac", "alexnet_eca", "orthonet18", "nam_resnet50", "nam_mobilenet")
PUBLISHED_AND_GCT = (*PUBLISHED, "gct_backbone", "gct_finetune")


def test_a_profile_changes_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    path = write_study(tmp_path, STUDY + PROFILE)
    whole, _ = read_study_file(path, {})
    small, _ = read_study_file(path, {}, "small")
    assert (small.name, small.trials, small.data.limit) == (f"{whole.name}_small", 2, 80)
    assert (small.recipe.epochs, small.recipe.optimizer.name) == (1, "adam")
    assert small.reduces == "80 of 160 images"
    assert whole.reduces is None
    assert small.recipe.batch_size == whole.recipe.batch_size
    assert small.data.validation == whole.data.validation
    # A table that names something is another thing: no momentum is left over.
    assert small.recipe.optimizer.momentum != whole.recipe.optimizer.momentum


def test_the_command_line_is_laid_over_a_profile(tmp_path: Path) -> None:
    path = write_study(tmp_path, STUDY + PROFILE)
    small, _ = read_study_file(path, {"recipe.epochs": 7, "name": "mine"}, "small")
    assert (small.recipe.epochs, small.name, small.data.limit) == (7, "mine", 80)


def test_what_a_profile_reduces_goes_with_its_numbers(tmp_path: Path) -> None:
    path = write_study(tmp_path, STUDY + PROFILE)
    runs = tmp_path / "runs"
    line = ["search", str(path), "--profile", "small", "--runs-dir", str(runs)]
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 0, done.exception
    assert "reduced: 80 of 160 images" in " ".join(done.stdout.split())
    again = CliRunner().invoke(app, ["resume", f"{path.stem}_small", "--runs-dir", str(runs)])
    assert again.exit_code == 0, again.exception


@pytest.mark.parametrize(
    ("profile", "name", "said"),
    [
        ("[profile.small]\ntrials = 2", "small", 'must say reduces = "what it reduces"'),
        (PROFILE, "smal", 'no profile "smal"'),
        ("profile = 3", None, "profile must be a table"),
        (PROFILE + "recpie = {}", "small", "recpie"),
    ],
)
def test_a_wrong_profile_is_refused(
    tmp_path: Path, profile: str, name: str | None, said: str
) -> None:
    study = profile + STUDY if profile.startswith("profile") else STUDY + profile
    path = write_study(tmp_path, study)
    with pytest.raises(UserError, match=said):
        read_study_file(path, {}, name)


def test_laying_over_changes_neither_side() -> None:
    values = {"data": {"limit": 1}, "profile": {"a": {"reduces": "b", "data": {"limit": 2}}}}
    with_profile(values, "a", "x.toml")
    assert values["data"] == {"limit": 1}


@pytest.mark.parametrize("profile", [None, "reduced"])
@pytest.mark.parametrize("study", PUBLISHED_AND_GCT)
def test_the_published_comparisons_can_be_read_and_built(study: str, profile: str | None) -> None:
    file, _ = read_study_file(STUDIES / f"{study}.toml", {}, profile)
    assert file.input_shape is None or file.data.resize in (None, file.input_shape[1])
    shape = file.input_shape or (3, 32, 32)
    assert file.backbone is not None
    found = architectures(file.variant, file.backbone, file.backbone_args, shape)
    assert len(found) == len(file.variant)
    assert (file.reduces is None) == (profile is None)

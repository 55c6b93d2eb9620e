"""Studies as users run them: real processes, real training, real signals and kills."""

import json
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.search.tiny import (
    SPACE,
    STUDY,
    nasattn,
    numbers,
    start,
    trials,
    wait_for_epochs,
    write_study,
)

BARE_RESNET8_WIDTH_4 = 4_934  # 75,000 at width 16, on one input channel


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("undisturbed")


@pytest.fixture(scope="module")
def undisturbed(home: Path) -> subprocess.CompletedProcess[str]:
    return nasattn("search", write_study(home), runs=home / "runs")


def test_a_search_ends_with_its_front_and_the_next_command(
    undisturbed: subprocess.CompletedProcess[str],
) -> None:
    assert undisturbed.returncode == 0, undisturbed.stderr
    assert "baseline" in undisturbed.stdout
    assert undisturbed.stderr.strip().splitlines()[-1].startswith("next: nasattn show tiny ")
    assert "\x1b" not in undisturbed.stdout + undisturbed.stderr


def test_every_trial_is_whole_and_the_first_is_the_bare_backbone(
    undisturbed: subprocess.CompletedProcess[str], home: Path
) -> None:
    found = trials("tiny", home / "runs")
    assert [trial["trial"] for trial in found] == [0, 1, 2, 3, 4]
    assert all(trial["state"] == "complete" and len(trial["curve"]) == 2 for trial in found)
    assert found[0]["placements"] == []
    assert found[0]["params"] == BARE_RESNET8_WIDTH_4
    assert len({trial["digest"] for trial in found}) == 5
    assert all(trial["accuracy"] == trial["curve"][-1]["accuracy"] for trial in found)


def test_no_member_of_the_front_is_dominated(
    undisturbed: subprocess.CompletedProcess[str], home: Path
) -> None:
    document = json.loads(nasattn("pareto", "tiny", "--json", runs=home / "runs").stdout)
    assert document["baseline"]["trial"] == 0
    assert document["objectives"] == [
        {"name": "accuracy", "direction": "maximize"},
        {"name": "flops", "direction": "minimize"},
    ]
    for member in document["front"]:
        for other in trials("tiny", home / "runs"):
            no_worse = other["accuracy"] >= member["accuracy"] and other["flops"] <= member["flops"]
            better = other["accuracy"] > member["accuracy"] or other["flops"] < member["flops"]
            assert not (no_worse and better)


def test_architecture_and_seed_give_the_recorded_accuracy_again(
    undisturbed: subprocess.CompletedProcess[str], home: Path, tmp_path: Path
) -> None:
    import torch

    from nasattn.placement import Architecture
    from nasattn.report.live import make_observer
    from nasattn.search.study.freeze import thaw
    from nasattn.search.study.session import Session
    from nasattn.search.study.settings import Settings
    from nasattn.search.trial.training_trial import train_architecture

    folder = home / "runs" / "tiny"
    session = Session(home / "runs", torch.device("cpu"), make_observer(), lambda: None)
    material = thaw(Settings.load(folder), session)
    recorded = trials("tiny", home / "runs")[3]
    text = (folder / "trials" / "3" / "architecture.json").read_text(encoding="utf-8")
    architecture = Architecture.parse(text)
    assert architecture.digest == recorded["digest"]
    *_, curve = train_architecture(material, architecture, recorded["repeat"], session, tmp_path)
    assert [epoch.loss for epoch in curve] == [epoch["loss"] for epoch in recorded["curve"]]
    assert curve[-1].accuracy == recorded["accuracy"]


@pytest.mark.slow
def test_the_same_seed_in_another_folder_gives_the_same_study(
    undisturbed: subprocess.CompletedProcess[str], home: Path, tmp_path: Path
) -> None:
    done = nasattn("search", write_study(tmp_path), runs=tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    assert numbers(trials("tiny", tmp_path / "runs")) == numbers(trials("tiny", home / "runs"))


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGTERM, 130, marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, -9, marks=pytest.mark.slow),
    ],
)
def test_a_study_cut_off_and_resumed_is_the_undisturbed_one(
    undisturbed: subprocess.CompletedProcess[str],
    home: Path,
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    running = start("search", write_study(tmp_path), runs=tmp_path / "runs")
    wait_for_epochs(tmp_path / "runs", 2)
    asked = time.monotonic()
    running.send_signal(number)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == code, errors
    assert time.monotonic() - asked < 10
    cut = trials("tiny", tmp_path / "runs")
    assert [trial["state"] for trial in cut[:2]] == ["complete", "complete"]
    if number is not signal.SIGKILL:
        assert cut[-1]["state"] in {"paused", "complete"}
        assert "nasattn resume tiny" in errors.strip().splitlines()[-1]
    resumed = nasattn("resume", "tiny", runs=tmp_path / "runs")
    assert resumed.returncode == 0, resumed.stderr
    assert numbers(trials("tiny", tmp_path / "runs")) == numbers(trials("tiny", home / "runs"))


@pytest.fixture
def finished(undisturbed: subprocess.CompletedProcess[str], home: Path, tmp_path: Path) -> Path:
    """Return the runs folder of a finished study, which may be changed."""
    assert undisturbed.returncode == 0
    return Path(shutil.copytree(home / "runs", tmp_path / "runs"))


@pytest.mark.slow
def test_a_finished_study_is_shown_again_and_can_be_made_longer(
    finished: Path, tmp_path: Path
) -> None:
    before = trials("tiny", finished)
    again = nasattn("search", write_study(tmp_path), runs=finished)
    assert again.returncode == 0, again.stderr
    assert "baseline" in again.stdout
    assert trials("tiny", finished) == before
    shorter = nasattn("resume", "tiny", "--trials", 4, runs=finished)
    assert (shorter.returncode, shorter.stderr.count("\n")) == (2, 1)
    assert '--trials 4: is the total, and study "tiny" has 5 trials already' in shorter.stderr
    longer = nasattn("resume", "tiny", "--trials", 6, runs=finished)
    assert longer.returncode == 0, longer.stderr
    assert trials("tiny", finished)[:5] == before
    assert len(trials("tiny", finished)) == 6


def test_other_settings_than_it_was_made_with_are_refused_by_name(
    undisturbed: subprocess.CompletedProcess[str], home: Path
) -> None:
    before = (home / "runs" / "tiny" / "study.toml").read_bytes()
    changed = nasattn("search", home / "tiny.toml", "--epochs", 3, runs=home / "runs")
    assert changed.returncode == 2
    assert "recipe.epochs was 2, now 3" in changed.stderr
    assert len(changed.stderr.strip().splitlines()) == 1
    assert (home / "runs" / "tiny" / "study.toml").read_bytes() == before


@pytest.mark.slow
def test_a_disk_that_takes_no_more_ends_the_search_with_one_line(finished: Path) -> None:
    # A limit on the size of files stands for the full disk: writes fail for real, without root.
    before = trials("tiny", finished)
    size = (finished / "tiny" / "study.db").stat().st_size
    full = nasattn("resume", "tiny", "--trials", 30, runs=finished, largest_file=size)
    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    assert "nasattn: " in full.stderr.strip().splitlines()[-1]
    assert trials("tiny", finished)[:5] == before
    # With room again the study goes on, whatever the failed write left behind.
    numbers_before = len(trials("tiny", finished))
    assert nasattn("resume", "tiny", "--trials", numbers_before + 1, runs=finished).returncode == 0
    assert all(trial["state"] == "complete" for trial in trials("tiny", finished))


def test_a_disk_too_full_to_make_a_study_is_the_machines_failure(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    full = nasattn("search", write_study(tmp_path), runs=runs, largest_file=8192)
    assert full.returncode == 1, full.stderr
    assert len(full.stderr.strip().splitlines()) == 1
    assert not (runs / "tiny").exists()


def test_trials_that_the_storage_does_not_know_are_never_overwritten(finished: Path) -> None:
    folder = finished / "tiny"
    before = (folder / "trials" / "0" / "trial.json").read_bytes()
    (folder / "study.toml").unlink()
    (folder / "study.db").unlink()
    study = write_study(finished.parent)
    refused = nasattn("search", study, "--seed", 5, runs=finished)
    assert refused.returncode == 2, refused.stderr
    assert "put it back" in refused.stderr
    assert (folder / "trials" / "0" / "trial.json").read_bytes() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [("accuracy", "high"), pytest.param("state", 7, marks=pytest.mark.slow)],
)
def test_a_damaged_record_is_one_line_in_every_command(
    finished: Path, field: str, value: object
) -> None:
    database = sqlite3.connect(finished / "tiny" / "study.db")
    with database:
        changed = database.execute(
            "UPDATE trial_user_attributes SET value_json = json_set(value_json, ?, ?) "
            "WHERE key = 'nasattn:trial' AND trial_id = 2",
            (f"$.{field}", value),
        ).rowcount
    database.close()
    assert changed == 1
    for words in (("resume", "tiny"), ("trials", "tiny"), ("pareto", "tiny"), ("show", "tiny", 0)):
        done = nasattn(*words, runs=finished)
        assert done.returncode == 2, done.stderr
        assert "broken" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert nasattn("studies", runs=finished).returncode == 0


def test_a_backbone_that_was_edited_is_not_gone_on_with(tmp_path: Path) -> None:
    network = tmp_path / "mynet.py"
    code = (
        "from nasattn.backbones.resnet_cifar import resnet8\n"
        "def make(num_classes, in_channels):\n"
        "    return resnet8(num_classes, in_channels, 4)\n"
    )
    network.write_text(code, encoding="utf-8")
    space = SPACE.replace('"resnet8"', '"mynet:make"').replace("backbone_args = { width = 4 }", "")
    study = write_study(tmp_path, STUDY.replace("trials = 5", "trials = 1"), space)
    runs = tmp_path / "runs"
    assert nasattn("search", study, runs=runs, cwd=tmp_path).returncode == 0
    network.write_text(code.replace(", 4)", ", 8)"), encoding="utf-8")
    edited = nasattn("resume", "tiny", "--trials", 2, runs=runs, cwd=tmp_path)
    assert edited.returncode == 2
    assert "mynet:make has changed" in edited.stderr
    assert len(trials("tiny", runs)) == 1

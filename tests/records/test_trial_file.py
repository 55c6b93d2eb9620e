"""A trial's own files say what the storage says."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.errors import UserError
from nasattn.files import write_atomic
from nasattn.records import (
    HISTORY_FILE,
    TRIAL_FILE,
    Mark,
    Trial,
    history_text,
    load_study,
    load_trials,
    read_trial,
    trial_text,
)
from tests.studies import make_curve, make_study, make_trial, write_settings

SAMPLER = {"params": {"gate": "gct"}, "distributions": {}, "notes": {}}


def write(folder: Path, trial: Trial, mark: Mark | None = None) -> Path:
    place = folder / "trials" / str(trial.trial)
    write_atomic(place / TRIAL_FILE, trial_text(trial, SAMPLER, mark))
    write_atomic(place / HISTORY_FILE, history_text(trial.curve))
    return place


@given(st.sampled_from(["complete", "pruned", "failed", "paused"]), st.text(), st.text())
def test_what_is_behind_a_mark_is_kept_whole(
    tmp_path_factory: pytest.TempPathFactory, state: str, reason: str, why: str
) -> None:
    trial = make_trial(3, state=state, reason=reason, curve=make_curve(2))
    mark = Mark(1, why or "x")
    kept = read_trial(write(tmp_path_factory.mktemp("run"), trial, mark))
    assert (kept.record, kept.sampler, kept.mark) == (trial, SAMPLER, mark)
    assert (kept.shown.state, kept.shown.reason) == ("invalid", mark.reason)


def test_without_its_database_a_study_is_read_from_the_folders(tmp_path: Path) -> None:
    running = make_trial(
        2, state="running", accuracy=None, epochs=0, seconds=0.0, curve=make_curve(2)
    )
    trials = [make_trial(0), make_trial(1, curve=make_curve(4)), running, make_trial(10)]
    folder = make_study(tmp_path, "one", trials)
    for trial in trials:
        write(folder, trial)
    study = load_study(tmp_path, "one")
    for curves in (True, False):
        before = load_trials(study, curves=curves)
        (folder / "study.db").rename(tmp_path / "elsewhere.db")
        assert study.has_lost_its_database
        assert load_trials(study, curves=curves) == before
        (tmp_path / "elsewhere.db").rename(folder / "study.db")


def test_a_mark_is_read_from_the_folder_too(tmp_path: Path) -> None:
    folder = write_settings(tmp_path, "one")
    write(folder, make_trial(0))
    write(folder, make_trial(1), Mark(1, "wrong images"))
    _, found = load_trials(load_study(tmp_path, "one"), curves=False)
    assert found == replace(make_trial(1), state="invalid", reason="wrong images")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"trial": 1}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    place = write(write_settings(tmp_path, "one"), make_trial(1))
    (place / TRIAL_FILE).write_text(text)
    with pytest.raises(UserError, match=r"trials/1/trial\.json: the record of a trial is broken"):
        read_trial(place)


def test_a_damaged_history_is_named(tmp_path: Path) -> None:
    place = write(write_settings(tmp_path, "one"), make_trial(1))
    (place / HISTORY_FILE).write_bytes(b'{"epoch"')
    with pytest.raises(UserError, match=r"trials/1/history\.jsonl: .* is broken"):
        read_trial(place)

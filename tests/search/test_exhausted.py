"""A study whose space holds fewer architectures than it asks for is done when all are trained."""

from dataclasses import replace
from pathlib import Path

import pytest

from nasattn.records import is_exhausted, load_study, load_trials
from nasattn.report.watch import LineView, change_words, watch
from nasattn.search.working import trial_run
from nasattn.search.working.running import Outcome
from tests.search.made_up import LONG, Run, slow

STUDY = LONG.replace("trials = 3", "trials = 99").replace("epochs = 1000", "epochs = 1")


def test_who_watches_an_exhausted_study_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_run, "train_architecture", slow)
    run = Run(tmp_path)
    assert run.search(STUDY, budget__params="1.0x") is Outcome.EXHAUSTED
    study = load_study(run.runs, "tiny")
    found = load_trials(study, curves=False)
    assert 0 < len(found) < study.trials
    lines: list[str] = []

    def wait() -> None:
        pytest.fail("it waits for trials that nobody can begin")

    watch(lambda: (study, found), LineView(lines.append, change_words), wait, is_exhausted)
    assert is_exhausted(study, found)
    assert not is_exhausted(study, found[1:]), "a trial fewer than when it was found out"
    set_aside = (replace(found[0], state="invalid"), *found[1:])
    assert not is_exhausted(study, set_aside), "another can take its place"
    (study.path / "study.db").unlink()
    assert not is_exhausted(study, found)

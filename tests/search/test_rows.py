"""Rows are read as Optuna reads them, whoever has written them meanwhile."""

from pathlib import Path

import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from nasattn.search.ledger import reading
from nasattn.search.ledger.reading import Rows
from tests.search.optunas import DIRECTIONS, kept, kinds_of_trials


def whole(trials: list[FrozenTrial]) -> list[object]:
    """Return all that is known of trials; their equality leaves out the order of parameters."""
    return [(trial, trial._trial_id, list(trial.params.items())) for trial in trials]


def test_each_reading_is_optunas_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_AT_ONCE", 3)
    storage = RDBStorage(f"sqlite:///{tmp_path / 'study.db'}")
    other, study = (storage.create_new_study(DIRECTIONS, name) for name in ("other", "study"))
    rows = Rows(storage, study)

    def check() -> None:
        assert whole(rows.read()) == whole(kept(storage, study))

    check()
    for trial in kinds_of_trials():
        storage.create_new_trial(study, trial)
        storage.create_new_trial(other, trial)
    check()
    running = storage.get_all_trials(study)[1]._trial_id
    late = storage.create_new_trial(study)
    check()
    storage.set_trial_user_attr(running, "u", {"new": 1.5})
    storage.set_trial_user_attr(late, "u", "late")
    check()
    storage.set_trial_state_values(late, TrialState.COMPLETE, [1.0, 2.0])
    check()
    for _ in range(4):
        storage.create_new_trial(study, create_trial(state=TrialState.FAIL))
    storage.set_trial_state_values(running, TrialState.FAIL)
    check()
    check()
    storage.engine.dispose()


def test_what_has_ended_is_read_once(tmp_path: Path) -> None:
    storage = RDBStorage(f"sqlite:///{tmp_path / 'study.db'}")
    study = storage.create_new_study(DIRECTIONS, "study")
    for trial in kinds_of_trials():
        storage.create_new_trial(study, trial)
    rows = Rows(storage, study)
    first, second = rows.read(), rows.read()
    same = [one is other for one, other in zip(first, second, strict=True)]
    assert same == [True, False, True, True]
    storage.engine.dispose()

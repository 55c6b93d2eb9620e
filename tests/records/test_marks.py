import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasattn.errors import UserError
from nasattn.records import MARK_KEY, Mark, load_study, load_trials, marked, marks_of
from tests.studies import make_study, make_trial

marks = st.builds(Mark, st.integers(1, 9), st.text(min_size=1))


@given(st.dictionaries(st.integers(0, 99), marks))
def test_marks_survive_json(found: dict[int, Mark]) -> None:
    attributes = {f"{MARK_KEY}{n}": json.loads(json.dumps(m.to_dict())) for n, m in found.items()}
    assert marks_of({**attributes, "other": 1, f"{MARK_KEY}100": None}) == found


def test_a_mark_covers_the_attempts_up_to_it() -> None:
    mark = Mark(2, "wrong images")
    for attempt, state in ((1, "invalid"), (2, "invalid"), (3, "complete")):
        assert marked(make_trial(1, attempt=attempt), mark).state == state
    assert marked(make_trial(1), None) == make_trial(1)


def set_mark(folder: Path, value: str) -> None:
    with sqlite3.connect(folder / "study.db") as connection:
        connection.execute(
            "INSERT OR REPLACE INTO study_user_attributes (study_id, key, value_json) "
            "VALUES (1, ?, ?)",
            (f"{MARK_KEY}1", value),
        )
    connection.close()


def test_a_trial_that_is_set_aside_is_read_as_invalid(tmp_path: Path) -> None:
    trials = [make_trial(number) for number in range(3)]
    folder = make_study(tmp_path, "one", trials)
    study = load_study(tmp_path, "one")
    set_mark(folder, json.dumps(Mark(1, "wrong images").to_dict()))
    _, found, other = load_trials(study, curves=True)
    assert (found.state, found.reason, found.accuracy) == (
        "invalid",
        "wrong images",
        trials[1].accuracy,
    )
    assert other == trials[2]
    set_mark(folder, "null")
    assert load_trials(study, curves=True) == tuple(trials)


@pytest.mark.parametrize("value", ["7", '{"attempt": "1", "reason": "x"}', '{"attempt": 1}'])
def test_a_broken_mark_is_one_line(tmp_path: Path, value: str) -> None:
    folder = make_study(tmp_path, "one", [make_trial(0)])
    set_mark(folder, value)
    with pytest.raises(UserError, match=r'study "one": the mark .* has no attempt and reason'):
        load_trials(load_study(tmp_path, "one"), curves=False)

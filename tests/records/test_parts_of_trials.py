"""Whoever reads a part of the trials sees what whoever reads all of them sees."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nasattn.analysis import filled, front
from nasattn.errors import UserError
from nasattn.records import (
    HISTORY_FILE,
    TRIAL_FILE,
    Study,
    Trial,
    history_text,
    load_outcomes,
    load_study,
    load_texts,
    load_trials,
    load_whole,
    trial_text,
)
from nasattn.records.trial import UNREAD
from nasattn.report.trials_page import trials_document, trials_text
from tests.records.test_sql_storage import connected
from tests.studies import make_curve, make_study, make_trial, write_settings

PLACED = ({"slot": "block_end", "at": "layer1.0.add", "module": "eca", "options": {}},)


def some_trials() -> tuple[Trial, ...]:
    """Return trials of many states; a curve among them holds what is no number in JSON."""
    broken = ({**make_curve(1)[0], "loss": math.nan, "lr": math.inf},)
    gone = {"accuracy": None, "best_accuracy": None, "epochs": 0, "finished": None}
    return (
        make_trial(0, curve=make_curve(4)),
        make_trial(1, placements=PLACED, curve=make_curve(4)),
        make_trial(2, placements=PLACED, curve=broken, state="failed", reason='"x": [null]'),
        make_trial(3, placements=PLACED, curve=make_curve(2), state="running", **gone),
        make_trial(4, placements=PLACED, curve=make_curve(4)),
        make_trial(5, placements=PLACED, eval_images_per_second=math.inf),
    )


@pytest.fixture(params=["database", "folders", "another database"])
def study(tmp_path: Path, request: pytest.FixtureRequest) -> Study:
    trials = some_trials()
    if request.param == "folders":
        folder = write_settings(tmp_path, "one")
        for trial in trials:
            own = folder / "trials" / str(trial.trial)
            own.mkdir(parents=True)
            (own / TRIAL_FILE).write_text(trial_text(trial, {}, None))
            (own / HISTORY_FILE).write_text(history_text(trial.curve))
        return load_study(tmp_path, "one")
    folder = make_study(tmp_path, "one", [make_trial(1, state="paused"), *trials])
    with connected(folder / "study.db") as connection:
        connection.execute(
            "UPDATE trial_user_attributes SET value_json = json_set(value_json, '$.attempt', 2) "
            "WHERE trial_id = 3 AND key = 'nasattn:trial'"
        )
        connection.execute(
            "INSERT INTO study_user_attributes (study_id, key, value_json) "
            """VALUES (1, 'nasattn:invalid:4', '{"attempt": 1, "reason": "wrong images"}')"""
        )
    # SQLAlchemy knows this scheme, and our own reader of SQLite does not.
    url = f"sqlite+pysqlite:///{folder / 'study.db'}"
    return load_study(tmp_path, "one", storage=url if "another" in request.param else None)


def test_texts_are_the_document(study: Study) -> None:
    said = "".join(trials_text(study, load_texts(study)))
    assert json.loads(said) == trials_document(study, load_trials(study, curves=True))


def test_outcomes_lack_placements_and_curves_alone(study: Study) -> None:
    found, all_of_it = load_outcomes(study), load_trials(study, curves=False)
    assert tuple(replace(trial, placements=()) for trial in found) == tuple(
        replace(trial, placements=()) for trial in all_of_it
    )
    assert [trial.trial for trial in found if trial.is_baseline] == [0]
    for trial, whole in zip(found, all_of_it, strict=True):
        if trial.placements is not UNREAD:
            assert trial.placements == whole.placements


def test_chosen_trials_are_whole(study: Study) -> None:
    trials = {trial.trial: trial for trial in load_trials(study, curves=True)}
    assert load_whole(study, [4, 1, 3]) == {number: trials[number] for number in (1, 3, 4)}
    assert load_whole(study, []) == {}


def test_a_filled_front_is_that_of_whole_trials(study: Study) -> None:
    outcomes, whole = load_outcomes(study), load_trials(study, curves=True)
    best = front(outcomes, ("accuracy", "flops"))
    found = filled(best, load_whole(study, [result.trial.trial for result in best.listed]))
    expected = front(whole, ("accuracy", "flops"))
    assert found._replace(results=()) == expected._replace(results=())
    assert set(map(id, found.members)) <= set(map(id, found.results))


@pytest.mark.parametrize("look", [len, list, bool, tuple])
def test_placements_that_were_not_read_are_not_none(look: Any) -> None:
    with pytest.raises(LookupError, match="not read"):
        look(UNREAD)
    with pytest.raises(LookupError, match="not read"):
        make_trial(1, placements=UNREAD).to_dict()


@pytest.mark.parametrize(("key", "said"), [("trial", "Expecting"), ("curve", "Expecting")])
def test_a_broken_record_is_named_whoever_reads(tmp_path: Path, key: str, said: str) -> None:
    folder = make_study(tmp_path, "one", some_trials())
    with connected(folder / "study.db") as connection:
        connection.execute(
            "UPDATE trial_user_attributes SET value_json = '{' WHERE trial_id = 2 AND key = ?",
            (f"nasattn:{key}",),
        )
    study = load_study(tmp_path, "one")
    with pytest.raises(UserError, match=f"trial 2 is broken: .*{said}"):
        list(load_texts(study))
    if key == "trial":
        with pytest.raises(UserError, match=f"trial 2 is broken: .*{said}"):
            load_outcomes(study)

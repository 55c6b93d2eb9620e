import csv
import io
import json
import math
from pathlib import Path

import pytest

from nasattn.analysis import front
from nasattn.records import FIELDS, Study, load_study
from nasattn.report.documents import (
    PARETO_FIELDS,
    csv_text,
    json_text,
    pareto_document,
    pareto_rows,
    show_document,
)
from nasattn.report.overview import OVERVIEW_FIELDS, overview_dict, overviews
from nasattn.report.trials_page import TRIAL_FIELDS, trials_document
from tests.studies import make_curve, make_study, make_trial, write_settings

OBJECTIVES = ("accuracy", "flops")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    write_settings(tmp_path, "one")
    return load_study(tmp_path, "one")


def test_the_trials_document(study: Study) -> None:
    document = trials_document(study, [make_trial(0, curve=make_curve(2)), make_trial(1)])
    assert list(document) == ["study", "trials"]
    assert document["study"] == "one"
    assert [tuple(trial) for trial in document["trials"]] == [FIELDS, FIELDS]
    assert len(document["trials"][0]["curve"]) == 2


def test_the_document_of_a_trial(study: Study) -> None:
    record = make_trial(3).to_dict()
    assert show_document(study, make_trial(3)) == {"study": "one", **record, "sites": None}


def test_the_pareto_document(study: Study) -> None:
    trials = [
        make_trial(n, accuracy=a, flops=f)
        for n, (a, f) in enumerate([(0.90, 10), (0.94, 11), (0.95, 20), (0.93, 30)])
    ]
    best = front(trials, OBJECTIVES, {"flops": (10, 100)})
    document = pareto_document(study, best)
    assert list(document) == ["study", "objectives", "baseline", "front", "hypervolume", "knee"]
    assert document["objectives"] == [
        {"name": "accuracy", "direction": "maximize"},
        {"name": "flops", "direction": "minimize"},
    ]
    assert [trial["trial"] for trial in document["front"]] == [0, 1, 2]
    assert document["baseline"] == document["front"][0]
    assert document["knee"] == 1
    assert set(document["front"][0]) == {*FIELDS, "repeats", "repeat_trials", "accuracy_sd"}
    assert document["hypervolume"] == best.hypervolume


def test_the_pareto_document_of_a_study_without_complete_trials(study: Study) -> None:
    document = pareto_document(study, front([make_trial(0, state="running")], OBJECTIVES))
    assert (document["baseline"], document["front"], document["knee"]) == (None, [], None)
    assert document["hypervolume"] is None


def test_averaged_repeats_say_of_what(study: Study) -> None:
    trials = [make_trial(n, digest="d" * 12, accuracy=0.9 + n / 100) for n in range(3)]
    (member,) = pareto_document(study, front(trials, OBJECTIVES))["front"]
    assert member["accuracy"] == pytest.approx(0.91)
    assert member["accuracy_sd"] == pytest.approx(0.01)
    assert (member["repeats"], member["repeat_trials"]) == (3, [0, 1, 2])


def test_nan_never_leaves_as_json(study: Study) -> None:
    trial = make_trial(0, curve=({"epoch": 1, "loss": math.nan},), best_accuracy=math.inf)
    text = json_text(trials_document(study, [trial]), indent=None)
    assert "NaN" not in text
    assert "Infinity" not in text
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"loss": math.nan}, indent=None)


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_the_same_values(study: Study) -> None:
    placements = ({"slot": "block_end", "at": "a, b", "module": "eca", "options": {}},)
    trial = make_trial(5, reason='it said "no", twice\nand again', placements=placements)
    (row,) = read_csv(csv_text(TRIAL_FIELDS, [trial.to_dict()]))
    assert tuple(row) == TRIAL_FIELDS
    assert row["reason"] == trial.reason
    assert float(row["accuracy"]) == trial.accuracy
    assert int(row["params"]) == trial.params
    assert row["variant"] == ""
    assert json.loads(row["placements"]) == list(placements)


def test_pareto_csv_marks_what_each_row_is(study: Study) -> None:
    trials = [
        make_trial(n, accuracy=a, flops=f)
        for n, (a, f) in enumerate([(0.90, 15), (0.91, 10), (0.94, 11), (0.95, 20)])
    ]
    rows = read_csv(csv_text(PARETO_FIELDS, pareto_rows(front(trials, OBJECTIVES))))
    marks = [(row["trial"], row["front"], row["baseline"], row["knee"]) for row in rows]
    assert marks == [
        ("1", "true", "false", "false"),
        ("2", "true", "false", "true"),
        ("0", "false", "true", "false"),
        ("3", "true", "false", "false"),
    ]


def test_no_rows_are_a_header_only() -> None:
    assert csv_text(("a", "b"), []) == "a,b\n"


def test_an_overview_as_plain_values(tmp_path: Path) -> None:
    make_study(tmp_path, "good", [make_trial(0), make_trial(1, accuracy=0.99)])
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "study.toml").write_text("= 1")
    bad, good = map(overview_dict, overviews(tmp_path))
    assert tuple(good) == tuple(bad) == OVERVIEW_FIELDS
    assert (good["trials_done"], good["trials_wanted"], good["complete"]) == (2, 20, 2)
    assert (good["highest_accuracy"], good["baseline_accuracy"]) == (0.99, 0.9)
    assert good["problem"] is None
    assert "not TOML" in bad["problem"]

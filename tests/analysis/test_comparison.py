from pathlib import Path

from nasattn.analysis.comparison import different_conditions, site_rows
from nasattn.records import Study, load_study
from tests.outlines import placed
from tests.studies import SETTINGS, make_trial, write_settings


def study(runs: Path, name: str, **settings: object) -> Study:
    write_settings(runs, name, **settings)
    return load_study(runs, name)


def test_every_placement_of_either_has_a_row() -> None:
    first = make_trial(1, placements=placed(1, 2))
    second = make_trial(2, placements=(*placed(2), *placed(3), *placed(1, mode="l1")))
    rows = site_rows(first, second)
    assert [(row.at, row.is_equal) for row in rows] == [
        ("layer1.0.conv1", False),
        ("layer2.0.conv1", True),
        ("layer3.0.conv1", False),
    ]
    assert rows[2].first is None
    assert rows[2].second == placed(3)[0]


def test_a_trial_equals_itself() -> None:
    trial = make_trial(1, placements=placed(1, 2, 3))
    assert all(row.is_equal for row in site_rows(trial, trial))


def test_studies_differ_in_what_they_train_with_not_in_their_names_and_totals(
    tmp_path: Path,
) -> None:
    recipe = {**SETTINGS["recipe"], "epochs": 9, "clip": 1.0}
    one = study(tmp_path, "one")
    other = study(tmp_path, "other", trials=99, objectives=["accuracy"], recipe=recipe, seed=5)
    assert [tuple(found) for found in different_conditions(one, other)] == [
        ("seed", 0, 5),
        ("recipe.epochs", 4, 9),
        ("recipe.clip", None, 1.0),
    ]
    assert different_conditions(one, one) == ()

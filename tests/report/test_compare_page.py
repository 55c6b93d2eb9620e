from dataclasses import replace
from pathlib import Path

import pytest

from nasattn.records import Trial, load_study
from nasattn.report.compare_page import Side, Sides, compare_document, compare_page
from nasattn.report.ink import plain
from tests.outlines import make_outline, placed
from tests.studies import SETTINGS, make_curve, make_trial, write_settings

FIRST = make_trial(1, placements=placed(1, 2), curve=make_curve(4))
SECOND = make_trial(2, placements=placed(2, 3), curve=make_curve(4), params=80_000)


def sides(
    runs: Path, first: Trial = FIRST, second: Trial = SECOND, others: tuple[Trial, ...] = ()
) -> Sides:
    if not (runs / "one").exists():
        write_settings(runs, "one")
    study = load_study(runs, "one")
    trials = (first, second, *others)
    return (
        Side(study, first, trials, make_outline()),
        Side(study, second, trials, make_outline()),
    )


def text_of(pair: Sides, width: int | None = 80) -> str:
    lines = [plain(line) for line in compare_page(pair, width)]
    assert all(line == line.rstrip() for line in lines)
    assert width is None or all(len(line) <= width for line in lines)
    return "\n".join(lines)


@pytest.mark.parametrize("width", [60, 80, 160, None])
def test_both_stand_side_by_side(tmp_path: Path, width: int | None) -> None:
    text = " ".join(text_of(sides(tmp_path), width).split())
    assert "trial 1 and trial 2" in text
    assert "accuracy 90.70 91.40 +0.70 points" in text
    assert "params 77,100 80,000 +3.76 %" in text
    assert "2 sites that differ, 1 with the same module" in text
    assert "● trial 1 ○ trial 2" in text
    assert "one of the 144 validation images is 0.69 points" in text


def test_a_row_says_what_is_at_each_site(tmp_path: Path) -> None:
    rows = [line.split() for line in text_of(sides(tmp_path)).splitlines() if "before_" in line]
    assert rows == [
        ["before_conv:layer1.0.conv1", "gct", "-", "≠"],
        ["before_conv:layer2.0.conv1", "gct", "gct", "="],
        ["before_conv:layer3.0.conv1", "-", "gct", "≠"],
    ]


def test_modules_that_read_the_same_are_told_apart(tmp_path: Path) -> None:
    first = replace(FIRST, placements=placed(1, mode="l2"))
    second = replace(SECOND, placements=placed(1, mode="l2", eps=1e-5))
    assert "mode=l2, eps=1e-05" in text_of(sides(tmp_path, first, second))


def test_one_seed_each_is_said_to_show_nothing(tmp_path: Path) -> None:
    text = " ".join(text_of(sides(tmp_path)).split())
    assert "no difference is shown to be real" in text


def test_with_repeats_the_noise_is_told(tmp_path: Path) -> None:
    others = (
        replace(FIRST, trial=3, repeat=1, accuracy=0.88),
        replace(SECOND, trial=4, repeat=1, accuracy=0.93),
    )
    text = " ".join(text_of(sides(tmp_path, others=others)).split())
    assert "over the 2 seeds that both architectures have: +2.85 ± 3.04 points" in text
    assert "pooled over 2 architectures, 2 degrees of freedom" in text
    assert "different repeats" in " ".join(text_of(sides(tmp_path, second=others[1])).split())


def test_trials_of_two_studies_say_under_what_conditions(tmp_path: Path) -> None:
    first, second = sides(tmp_path)
    write_settings(tmp_path, "other", recipe={**SETTINGS["recipe"], "epochs": 9})
    other = second._replace(study=load_study(tmp_path, "other"))
    text = text_of((first, other))
    assert "one:1 and other:2" in text
    assert "  recipe.epochs: 4 / 9" in text
    write_settings(tmp_path, "same")
    same = second._replace(study=load_study(tmp_path, "same"))
    assert "train under the same conditions" in text_of((first, same))


def test_an_unfinished_trial_has_no_difference(tmp_path: Path) -> None:
    running = replace(SECOND, state="running", accuracy=None, best_accuracy=None, curve=())
    text = text_of(sides(tmp_path, second=running))
    assert "points" not in text
    bare = sides(tmp_path, replace(running, placements=()), replace(running, placements=()))
    assert "nothing is placed in either" in text_of(bare)
    assert "the same architecture" in text_of(bare)


def test_the_document_has_exact_differences(tmp_path: Path) -> None:
    document = compare_document(sides(tmp_path))
    assert document["differences"]["params"] == 2900
    assert document["differences"]["accuracy"] == pytest.approx(0.007)
    assert [site["equal"] for site in document["sites"]] == [False, True, False]
    assert document["conditions"] == []
    assert document["seed_noise"] == [None, None]

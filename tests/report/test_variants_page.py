"""The table of a study of variants: on a terminal, as values, and for papers."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from nasattn.analysis.variants import Comparison, compare_variants, variants_of
from nasattn.records import Study, Trial, load_study
from nasattn.report.conditions import caption
from nasattn.report.documents import csv_text, json_text
from nasattn.report.ink import plain
from nasattn.report.markup import tables_markup
from nasattn.report.variants_document import variants_document, variants_rows, variants_table
from nasattn.report.variants_page import variants_page
from tests.studies import make_trial, write_settings

LONG = "without package.module:GatedThing_2 before_conv stage2 + gate.stage3 + attend.layer3.0"
PLACEMENTS = ({"slot": "block_end", "at": "layer2.0.add", "module": "se", "options": {"ratio": 4}},)


def made(tmp_path: Path, name: str) -> tuple[Study, Sequence[Trial]]:
    origin = {"asks": "retrain", "study": "one", "seed": 0, "scores": {"bare": 0.95, name: 0.97}}
    write_settings(
        tmp_path,
        "again",
        evaluate="test",
        origin=origin,
        variant=[{"name": "bare"}, {"name": name}],
        repeats=6,
    )
    trials = [
        make_trial(
            6 * number + seed,
            digest=str(number),
            repeat=seed,
            variant=variant,
            accuracy=0.93 + 0.001 * seed + 0.004 * number * (1 + seed % 2),
            params=77_000 + 100 * number,
            placements=PLACEMENTS if number else (),
            eval_images_per_second=1000.0,
        )
        for number, variant in enumerate(["bare", name])
        for seed in range(6)
    ]
    return load_study(tmp_path, "again"), trials


def compared(trials: Sequence[Trial]) -> Comparison:
    return compare_variants(variants_of(trials), against=None, margin=0.002)


@pytest.mark.parametrize("name", ["gated", LONG])
@pytest.mark.parametrize("width", [80, 160])
def test_lines_fit_the_width_and_say_all(tmp_path: Path, name: str, width: int) -> None:
    study, trials = made(tmp_path, name)
    lines = [plain(line) for line in variants_page(study, trials, compared(trials), width)]
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for words in (
        "93.85 ± 0.33",
        "+0.60",
        "better",
        "reference",
        "Holm-adjusted for 1 comparison",
        "se(r=4) @ layer2.0.add",
        "one said %",
        "winner's curse",
        "accuracy on 359 test images",
    ):
        assert words in text, words


def test_the_scores_of_the_search_stand_in_the_table_of_gaps_alone(tmp_path: Path) -> None:
    study, trials = made(tmp_path, "gated")
    lines = [plain(line) for line in variants_page(study, trials, compared(trials), None)]
    said = [line for line in lines if "97.00" in line]
    assert len(said) == 1
    # 97.00 less 93.85.
    assert said[0].split()[:4] == ["gated", "97.00", "93.85", "+3.15"]
    assert lines.index(said[0]) > next(n for n, line in enumerate(lines) if "said %" in line)


def test_json_and_csv_have_the_same_values(tmp_path: Path) -> None:
    study, trials = made(tmp_path, "gated")
    found = compared(trials)
    document = json.loads(json_text(variants_document(study, found), indent=None))
    rows = variants_rows(study, found)
    table = list(csv.DictReader(io.StringIO(csv_text(list(rows[0]), rows))))
    assert (document["against"], document["test"], document["margin"]) == ("bare", "t", 0.002)
    gated = document["variants"][1]
    assert gated["params_difference"] == 100
    assert gated["difference"] == pytest.approx(0.006)
    assert gated["difference_low"] < gated["difference"] < gated["difference_high"]
    assert gated["gap"] == pytest.approx(0.97 - gated["accuracy"])
    assert float(table[1]["difference"]) == gated["difference"]
    assert json.loads(table[1]["accuracies"]) == gated["accuracies"]


def test_tables_for_papers_have_every_row(tmp_path: Path) -> None:
    study, trials = made(tmp_path, "gated_2 | 50 %")
    found = compared(trials)
    markdown = tables_markup(
        "markdown", [variants_table(found)], caption(study, trials)
    ).splitlines()
    assert len(markdown) == 6
    assert markdown[3].startswith(r"| gated\_2 \| 50 % | 6 | 93.85 ± 0.33 | +0.60 |")
    latex = tables_markup("latex", [variants_table(found)], caption(study, trials))
    assert r"gated\_2 \textbar{} 50 \% & 6 & 93.85 $\pm$ 0.33 & +0.60 &" in latex
    assert latex.count("rule\n") == 3
    assert latex.count(r"\\") == 3

import random
from pathlib import Path

import pytest

from nasattn.analysis.effects import effects
from nasattn.analysis.evidence import evidence
from nasattn.analysis.importance import Importance, Importances
from nasattn.records import Trial, load_study
from nasattn.report.importance_page import (
    EFFECT_FIELDS,
    IMPORTANCE_FIELDS,
    Weighed,
    importance_document,
    importance_page,
    importance_table,
)
from nasattn.report.ink import plain
from tests.outlines import make_outline, placed
from tests.studies import make_trial, write_settings

OUTLINE = make_outline(options=("none", "gct", "se"))
SHARES = Importances(
    tuple(
        Importance(d.name, share, (0.1, 0.7), 0.5, {d.name: share})
        for d, share in zip(OUTLINE.decisions, (0.6, 0.3, 0.1), strict=True)
    ),
    40,
    0.125,
    200,
)


def trials(count: int, effect: float = 0.05) -> list[Trial]:
    """Return trials in which gct raises accuracy in stage 1, and no other thing anything."""
    chance = random.Random(0)
    found = []
    for number in range(count):
        where = {n: chance.choice((None, "gct", "se")) if number else None for n in (1, 2, 3)}
        placements = tuple(p for n, m in where.items() if m for p in placed(n, module=m))
        accuracy = 0.8 + effect * (where[1] == "gct") + chance.gauss(0, 0.01)
        found.append(make_trial(number, placements=placements, accuracy=accuracy))
    return found


def weighed(
    runs: Path, found: list[Trial], shares: Importances | None = SHARES, sampler: str = "random"
) -> Weighed:
    write_settings(runs, "one", search={"sampler": sampler})
    said = evidence(OUTLINE, found)
    study = load_study(runs, "one")
    whole = said.by_choice
    by_choice = effects(whole.runs, whole.options)
    return Weighed(study, found, said, effects(said.runs, said.options), by_choice, shares)


def text_of(found: Weighed, width: int | None = 80) -> str:
    lines = [plain(line) for line in importance_page(found, width)]
    assert all(line == line.rstrip() for line in lines)
    assert width is None or all(len(line) <= width for line in lines)
    return "\n".join(lines)


@pytest.mark.parametrize("width", [72, 80, 160, None])
def test_it_says_where_a_module_helps(tmp_path: Path, width: int | None) -> None:
    text = text_of(weighed(tmp_path, trials(40)), width)
    words = " ".join(text.split())
    assert "one: 40 trials of 40 architectures" in words
    assert "raises accuracy: gct at gate.stage1 (+5." in words
    assert "lowers accuracy" not in words
    assert "5 of 6 intervals include 0" in words
    assert "above it: gate.stage1" in words
    assert "sampler" not in words
    assert text.count("●") == 6 + 2
    assert "each choice as a whole" in words


def test_intervals_are_drawn_around_zero(tmp_path: Path) -> None:
    text = text_of(weighed(tmp_path, trials(40)), None)
    head = next(line for line in text.splitlines() if line.startswith("stage"))
    zero = head.rindex("0  ") if "0  " in head[-45:] else head.rindex(" 0 ") + 1
    rows = [line for line in text.splitlines() if "●" in line and "gate.stage" in line]
    clear = next(row for row in rows if "gate.stage1 = gct" in row)
    assert clear[zero] == "│"
    assert clear.index("├") > zero
    for row in rows:
        if row is not clear:
            assert row.index("├") <= zero <= row.index("┤")


def test_few_trials_answer_nothing_and_say_why(tmp_path: Path) -> None:
    found = weighed(tmp_path, trials(8), None)._replace(by_choice=None)
    text = " ".join(text_of(found).split())
    assert "the data cannot tell" in text
    assert "are too few for" in text or "fewer than 3 architectures" in text
    assert "●" not in text
    assert "PED-ANOVA" not in text


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    stopped = [make_trial(50 + n, state="pruned") for n in range(3)]
    odd = make_trial(60, placements=placed(1, module="nam"))
    found = weighed(tmp_path, [*trials(40), *stopped, odd], sampler="tpe")
    text = " ".join(text_of(found).split())
    assert "3 trials stopped early left out" in text
    assert "1 trial outside the space left out" in text
    assert "sampler tpe: it trained what looked good more often" in text


def test_the_document_and_the_tables_have_all_of_it(tmp_path: Path) -> None:
    found = weighed(tmp_path, trials(40))
    document = importance_document(found)
    assert document["cost_shares"]["params"]["gate.stage3"] == 0.5
    assert [one["share"] for one in document["importance"]["decisions"]] == [0.6, 0.3, 0.1]
    (first, *_) = document["effects"]
    assert (first["option"], first["stages"], first["clear"]) == ("gct", [1], True)
    assert first["low"] < first["effect"] < first["high"]
    heads, rows = importance_table(found)
    assert tuple(heads) == IMPORTANCE_FIELDS
    assert rows[0]["flops"] == pytest.approx(1 / 3)
    heads, rows = importance_table(found._replace(importances=None))
    assert tuple(heads) == EFFECT_FIELDS
    assert len(rows) == 6
    assert set(rows[0]) == set(EFFECT_FIELDS)

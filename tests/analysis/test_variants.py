"""Variants against one of them: who is paired with whom, and what is said of it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from nasattn.analysis.main_effects import main_effects
from nasattn.analysis.variants import (
    Comparison,
    compare_variants,
    missing_seeds,
    overstatement,
    variants_of,
)
from nasattn.errors import UnknownNameError, UserError
from nasattn.records import Trial
from tests.studies import make_trial

GATE = ({"slot": "before_conv", "at": "conv1", "module": "gct", "options": {}},)


def trained(name: str | None, digest: str, first: int, accuracies: Sequence[float]) -> list[Trial]:
    """Return one complete trial a seed."""
    placements = GATE if digest != "bare" else ()
    return [
        make_trial(
            first + seed,
            digest=digest,
            variant=name,
            repeat=seed,
            accuracy=accuracy,
            placements=placements,
            eval_images_per_second=100.0 + seed,
        )
        for seed, accuracy in enumerate(accuracies)
    ]


BARE = [0.900, 0.910, 0.905, 0.915, 0.902, 0.908]


def compare(trials: Sequence[Trial], **changes: object) -> Comparison:
    values = {"against": None, "margin": 0.002} | changes
    return compare_variants(variants_of(trials), **values)  # type: ignore[arg-type]


def test_the_baseline_is_what_others_are_compared_with_unless_another_is_named() -> None:
    better = [value + 0.01 + 0.001 * (place % 2) for place, value in enumerate(BARE)]
    trials = [*trained(None, "bare", 0, BARE), *trained("gated", "g", 6, better)]
    found = compare(trials)
    assert (found.against.name, [row.variant.name for row in found.rows]) == (
        "bare",
        ["bare", "gated"],
    )
    assert [row.verdict for row in found.rows] == ["", "better"]
    other = compare(trials, against="gated")
    assert [row.verdict for row in other.rows] == ["worse", ""]
    difference, mirrored = found.rows[1].difference, other.rows[0].difference
    assert difference is not None
    assert mirrored is not None
    assert difference.interval.mean == -mirrored.interval.mean == pytest.approx(0.0105)
    with pytest.raises(UnknownNameError, match='no variant "gate"'):
        compare(trials, against="gate")


def test_what_differs_by_less_than_the_margin_is_free() -> None:
    near = [value + 0.0005 * (-1) ** place for place, value in enumerate(BARE)]
    trials = [*trained(None, "bare", 0, BARE), *trained("gated", "g", 6, near)]
    assert compare(trials).rows[1].verdict == "free"
    assert compare(trials, margin=0.0002).rows[1].verdict == "open"


def test_only_seeds_that_both_have_are_paired() -> None:
    gated = trained("gated", "g", 6, [value + 0.01 for value in BARE])
    trials = trained(None, "bare", 0, BARE)
    trials[1] = replace(trials[1], state="failed", accuracy=None)
    trials[2] = replace(trials[2], state="invalid")
    gated[5] = replace(gated[5], extended_to=9)
    found = compare([*trials, *gated])
    assert found.rows[1].seeds == (0, 3, 4)
    assert found.rows[1].difference is not None
    assert found.rows[1].difference.n == 3
    assert missing_seeds(found.rows) == {"bare": (1, 2), "gated": (5,)}
    assert found.rows[1].variant.eval_images_per_second == 102.0


def test_all_comparisons_of_the_table_are_one_family() -> None:
    trials = trained(None, "bare", 0, BARE)
    for number in range(4):
        values = [v + 0.004 + 0.004 * (-1) ** (n + number) for n, v in enumerate(BARE)]
        trials += trained(f"v{number}", f"g{number}", 6 * (number + 1), values)
    rows = compare(trials).rows[1:]
    assert all(row.p == pytest.approx(rows[0].p) for row in rows)
    assert all(row.p_holm == pytest.approx(4 * (row.p or 0)) for row in rows)


def test_a_signed_rank_test_that_cannot_be_significant_is_refused() -> None:
    bare = trained(None, "bare", 0, BARE)
    better = [v + 0.001 * (n + 1) for n, v in enumerate(BARE)]
    five = [*bare[:5], *trained("gated", "g", 6, better[:5])]
    with pytest.raises(UserError, match=r"with 5 seeds: .* is 0\.0625; 6 seeds would do"):
        compare(five, test="wilcoxon")
    six = [*bare, *trained("gated", "g", 6, better)]
    assert compare(six, test="wilcoxon").rows[1].p == pytest.approx(0.03125)
    assert compare(six, test="wilcoxon").rows[1].verdict == "better"
    with pytest.raises(UserError, match=r"for 2 comparisons, .*; 7 seeds would do"):
        compare([*six, *trained("other", "o", 20, better)], test="wilcoxon")


def test_one_seed_gives_a_difference_and_no_claim() -> None:
    trials = [*trained(None, "bare", 0, [0.9]), *trained("gated", "g", 1, [0.95])]
    row = compare(trials).rows[1]
    assert row.difference is not None
    assert row.difference.interval.mean == pytest.approx(0.05)
    assert (row.p, row.p_equivalent, row.verdict) == (None, None, "open")


def test_what_a_search_said_too_much_is_shown_with_an_interval() -> None:
    (variant,) = variants_of(trained("gated", "g", 0, [0.90, 0.91, 0.92]))
    gap = overstatement(0.95, variant)
    assert gap is not None
    assert gap.mean == pytest.approx(0.04)
    assert gap.low is not None
    assert 0 < gap.low < 0.04
    unfinished = variants_of([make_trial(0, state="running", accuracy=None)])[0]
    assert overstatement(0.95, unfinished) is None


def test_the_effect_of_a_part_is_over_all_settings_of_the_others() -> None:
    # a adds 2 and b adds 1 point, together 1 more than both; the seeds differ a little.
    gain = {"bare": 0.0, "a": 0.02, "b": 0.01, "full": 0.04}
    trials = [
        trial
        for number, (name, more) in enumerate(gain.items())
        for trial in trained(
            name,
            name,
            10 * number,
            [v + more + (0.001 * place if name == "full" else 0) for place, v in enumerate(BARE)],
        )
    ]
    variants = variants_of(trials)
    first, second = main_effects(variants, {"a": ["a", "full"], "b": ["b", "full"]})
    # (a - bare + full - b) / 2, of seeds 0 to 5: full is 2.5 thousandths more on average.
    assert first.difference.interval.mean == pytest.approx((0.02 + 0.03 + 0.0025) / 2)
    assert second.difference.interval.mean == pytest.approx((0.01 + 0.02 + 0.0025) / 2)
    surer = min(first, second, key=lambda effect: effect.difference.p or 0.0)
    assert surer.p_holm == pytest.approx(2 * (surer.difference.p or 0.0))
    assert main_effects(variants, {"c": ["c"]}) == ()
    assert main_effects(variants[:1], {}) == ()


def test_a_variant_without_a_result_is_listed_and_not_compared() -> None:
    running = make_trial(9, digest="r", variant="slow", state="running", accuracy=None)
    row = compare([*trained(None, "bare", 0, BARE), running]).rows[1]
    assert (row.variant.name, row.seeds, row.difference, row.verdict) == ("slow", (), None, "")

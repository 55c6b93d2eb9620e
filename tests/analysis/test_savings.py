"""What pruning saved and missed, judged by exempt trials that are made up."""

from pathlib import Path
from typing import Any

import pytest

from nasattn.analysis.savings import FEWEST, savings
from nasattn.errors import UserError
from nasattn.records import Study, Trial
from nasattn.records.exempt import is_drawn
from nasattn.records.study import study_of
from nasattn.report.savings_page import savings_page
from tests.studies import SETTINGS, make_curve, make_trial

SEED, SHARE = 5, 0.5


def study(**search: Any) -> Study:
    table = {"sampler": "random", "pruner": {"name": "mo-asha"}, "exempt": SHARE} | search
    return study_of("one", Path("one"), {**SETTINGS, "seed": SEED, "search": table}, "one")


def trial(number: int, epochs: int = 4, **changes: Any) -> Trial:
    made = make_trial(number, **{"flops": 900_000 + number, **changes})
    return made.with_curve([{**e, "accuracy": 0.5} for e in make_curve(epochs)])


DRAWN = [n for n in range(1, 200) if is_drawn(SEED, SHARE, n)]
OTHERS = [n for n in range(1, 200) if not is_drawn(SEED, SHARE, n)]


def test_the_share_is_drawn_and_trial_0_is_never_in_it() -> None:
    assert 75 < len(DRAWN) < 125
    assert not is_drawn(SEED, 0.999, 0)
    assert [n for n in range(200) if is_drawn(SEED, 0.0, n)] == []
    # A larger share takes in a smaller one: the same trials are drawn, and more.
    assert {n for n in DRAWN if is_drawn(SEED, 0.2, n)} == {
        n for n in range(200) if is_drawn(SEED, 0.2, n)
    }
    assert [n for n in range(1, 200) if is_drawn(SEED + 1, SHARE, n)] != DRAWN


def test_what_was_saved_is_counted_and_estimated() -> None:
    exempt = [trial(n, spared_at=at) for n, at in zip(DRAWN, (1, 1, 2, None), strict=False)]
    stopped = [trial(n, epochs=1, state="pruned", reason="epoch 1: …") for n in OTHERS[:3]]
    by_hand = [trial(OTHERS[3], epochs=1, state="pruned", reason="by hand")]
    timed = [trial(OTHERS[4], epochs=1, state="pruned", reason="max_trial_time is 9 s: ended")]
    found = savings(study(), [trial(0), *exempt, *stopped, *by_hand, *timed])
    assert (found.stopped, found.epochs) == (3, 9)
    assert found.seconds == pytest.approx(9 * 0.8)
    assert (found.exempt, found.spared, found.judged) == (4, 3, 7)
    assert found.per_trial.value == pytest.approx((3 + 3 + 2 + 0) / 4)
    assert found.seconds_per_trial.value == pytest.approx(0.8 * 2)
    assert found.per_trial.low is not None
    assert found.per_trial.high is not None
    assert found.per_trial.low < 2 < found.per_trial.high
    assert not found.is_enough


@pytest.mark.parametrize(("name", "at_most"), [("mo-asha", False), ("freeze-thaw", True)])
def test_of_trials_that_wait_it_is_a_bound(name: str, *, at_most: bool) -> None:
    exempt = [trial(n, spared_at=1) for n in DRAWN[:FEWEST]]
    of = study(pruner={"name": name})
    found = savings(of, [trial(0), *exempt])
    assert found.is_at_most == at_most
    assert any("at most" in line for line in savings_page(of, found, None)) == at_most


def test_what_was_missed_is_on_the_front_and_would_have_been_stopped() -> None:
    # Equal accuracies: the cheapest is the front.
    cheap = trial(DRAWN[0], flops=1000, spared_at=1)
    rest = [trial(n, spared_at=2) for n in DRAWN[1 : FEWEST - 3]]
    kept = [trial(n) for n in DRAWN[FEWEST - 3 : FEWEST]]
    found = savings(study(), [trial(0), cheap, *rest, *kept])
    assert found.is_enough
    assert found.missed == (DRAWN[0],)
    share = found.missed_share
    assert share.value == pytest.approx(1 / FEWEST)
    # Clopper & Pearson for 1 of 10.
    assert share.low == pytest.approx(0.0025286, abs=1e-6)
    assert share.high == pytest.approx(0.4450161, abs=1e-6)


def test_none_missed_of_ten_still_may_be_a_third() -> None:
    found = savings(study(), [trial(0, flops=1), *(trial(n, spared_at=1) for n in DRAWN[:10])])
    assert found.missed == ()
    assert found.missed_share.low == 0
    assert found.missed_share.high == pytest.approx(1 - 0.025**0.1)


def test_without_exempt_trials_only_the_count_is_known() -> None:
    stopped = [trial(1, epochs=1, state="pruned", reason="epoch 1: …")]
    found = savings(study(exempt=0.0), [trial(0), *stopped])
    assert (found.epochs, found.exempt, found.is_enough) == (3, 0, False)
    assert found.missed_share.value is found.per_trial.value is None


def test_a_study_without_a_pruner_saves_nothing() -> None:
    with pytest.raises(UserError, match="has no pruner"):
        savings(study(pruner="none"), [trial(0)])

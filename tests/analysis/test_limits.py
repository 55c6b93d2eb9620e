import pytest

from nasattn.analysis import front
from nasattn.analysis.limits import Limits, read_limits
from nasattn.errors import UserError
from tests.studies import make_trial

TRIALS = [make_trial(n, accuracy=0.8 + n / 100, params=1000 + 100 * n) for n in range(6)]


def limits(**texts: str | None) -> Limits:
    accuracy = texts.pop("accuracy", None)
    return read_limits(texts, accuracy, TRIALS)


@pytest.mark.parametrize(
    ("text", "bound"),
    [("1200", 1200), ("1_200", 1200), ("1.2k", 1200), ("1.15x", 1150), (".5x", 500), ("3M", 3e6)],
)
def test_a_limit_is_absolute_or_of_the_bare_backbone(text: str, bound: float) -> None:
    assert limits(params=text).costs == {"params": bound}


@pytest.mark.parametrize(("text", "least"), [("0.9", 0.9), ("90%", 0.9), ("92.5 %", 0.925)])
def test_an_accuracy_is_a_share_or_in_percent(text: str, least: float) -> None:
    assert limits(accuracy=text).accuracy == pytest.approx(least)


@pytest.mark.parametrize("text", ["", "x", "-3", "1.2y", "1e3", "k", "1.05 x"])
def test_what_is_no_limit_is_refused_by_name(text: str) -> None:
    with pytest.raises(UserError, match=r"--max-params .*1.05x"):
        limits(params=text)


@pytest.mark.parametrize("text", ["90", "-1", "1.1", "101%", "high", ""])
def test_what_is_no_accuracy_is_refused_by_name(text: str) -> None:
    with pytest.raises(UserError, match=r"--min-accuracy .*90%"):
        limits(accuracy=text)


def test_a_relative_limit_needs_the_bare_backbone() -> None:
    with pytest.raises(UserError, match=r"bare backbone's flops is not known"):
        read_limits({"flops": "1.1x"}, None, TRIALS[1:])


def test_a_limit_that_is_met_exactly_is_kept() -> None:
    kept = front(TRIALS, ("accuracy", "params"), None, limits(params="1200", accuracy="0.81").keeps)
    assert [result.trial.trial for result in kept.results] == [1, 2]
    assert kept.baseline is not None


def test_without_a_value_a_limit_is_not_kept() -> None:
    assert not front(TRIALS, ("accuracy",), None, limits(latency_ms="5").keeps).results

from collections.abc import Mapping, Sequence

import pytest

from nasattn.analysis.importance import Sample, importances
from nasattn.errors import UserError

DECISIONS = {"a": ("a", "a.eca.kernel_size"), "b": ("b",)}


def samples(count: int) -> list[Sample]:
    return [Sample({"a": n % 2, "b": n % 3}, (n * 7 % 11) / 11) for n in range(count)]


def spread(found: Sequence[Sample], quantile: float) -> Mapping[str, float]:
    """Weigh each parameter by how much its values differ in their mean, whatever the quantile."""
    assert 0 < quantile <= 0.5
    weights = {}
    for name in ("a", "b"):
        groups: dict[object, list[float]] = {}
        for sample in found:
            groups.setdefault(sample.parameters[name], []).append(sample.value)
        means = [sum(values) / len(values) for values in groups.values()]
        weights[name] = max(means) - min(means)
    return {**weights, "a.eca.kernel_size": 0.5 * weights["a"]}


def test_a_decision_has_the_sum_of_its_parameters() -> None:
    data = samples(20)
    found = importances(data, DECISIONS, spread, draws=20)
    own = spread(data, 0.5)
    total = sum(own.values())
    first, second = found.decisions
    assert first.share == pytest.approx(1.5 * own["a"] / total)
    assert first.share + second.share == pytest.approx(1)
    assert first.parameters == {name: own[name] for name in DECISIONS["a"]}
    for one in found.decisions:
        assert 0 <= one.interval[0] <= one.interval[1] <= 1
        assert 0 <= one.chance <= 1


@pytest.mark.parametrize(("count", "quantile"), [(10, 0.5), (20, 0.25), (50, 0.1), (200, 0.1)])
def test_five_architectures_or_a_tenth_are_the_good_ones(count: int, quantile: float) -> None:
    assert importances(samples(count), DECISIONS, spread, draws=2).quantile == quantile


def test_draws_follow_from_the_seed() -> None:
    data = samples(15)
    assert importances(data, DECISIONS, spread, seed=3) == importances(
        data, DECISIONS, spread, seed=3
    )
    assert importances(data, DECISIONS, spread, seed=3) != importances(
        data, DECISIONS, spread, seed=4
    )


def test_few_architectures_are_refused() -> None:
    with pytest.raises(UserError, match=r"needs 10 complete architectures .* there are 9"):
        importances(samples(9), DECISIONS, spread)


def test_without_any_importance_all_shares_are_zero() -> None:
    def nothing(_: Sequence[Sample], quantile: float) -> Mapping[str, float]:
        return {}

    assert [one.share for one in importances(samples(10), DECISIONS, nothing).decisions] == [0, 0]

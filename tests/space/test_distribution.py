"""How costs are distributed over a space: equal to going through all of its architectures."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasattn.cost import CostModel, cost_model
from nasattn.errors import UserError
from nasattn.space import (
    COSTS,
    Budget,
    Space,
    SpaceFile,
    describe,
    enumerate_architectures,
    load_space,
    parse_budget,
    size,
    sums,
)
from nasattn.space.distribution import NUM_DRAWN, Distribution
from tests.architectures import SHIPPED
from tests.space.test_intervals import FILE
from tests.space.test_space_laws import COSTS as MODEL
from tests.space.test_space_laws import files

DIGITS = next(path for path in SHIPPED if path.stem == "digits")


def enumerated(space: Space, model: CostModel) -> np.ndarray:
    """Return params and flops of every architecture."""
    totals = map(model.cost, enumerate_architectures(space))
    return np.array([[getattr(total, cost) for cost in COSTS] for total in totals])


@settings(max_examples=40)
@given(file=files(), data=st.data())
def test_it_is_that_of_all_architectures(file: SpaceFile, data: st.DataObject) -> None:
    space = Space.from_file(file, "x.toml")
    found, costs = Distribution(space, MODEL), enumerated(space, MODEL)
    bounds = {}
    for axis, cost in enumerate(COSTS):
        column = np.sort(costs[:, axis])
        assert found.median(cost) == column[(len(column) - 1) // 2]
        bound = bounds[cost] = int(
            data.draw(st.sampled_from(column)) + data.draw(st.integers(-1, 1))
        )
        assert found.share(cost, bound) == pytest.approx((column <= bound).mean(), abs=1e-12)
    inside = (costs <= [bounds[cost] for cost in COSTS]).all(1).mean()
    assert found.share_within(bounds) == pytest.approx(inside, abs=1e-12)
    assert found.drawn is None


def test_the_shares_of_a_histogram_are_those_of_a_counted_one() -> None:
    space = load_space(DIGITS)
    model = CostModel(space.backbone, {}, space.input_shape)
    pools = [sums.sums_of(decision, model) for decision in space.decisions]
    whole = sums.NOTHING
    for pool in pools:
        whole = whole.plus(pool)
    assert whole.weights.sum() == size(space)
    flops = whole.values[:, 1] + model.base.flops
    edges = [int(edge) for edge in np.linspace(flops.min(), flops.max(), 11).round()]
    counted, _ = np.histogram(-flops, -np.array(edges[::-1]) - 0.5, weights=whole.weights)
    shares = Distribution(space, model).histogram("flops", edges)
    assert sum(shares) == pytest.approx(1.0)
    # Numpy counts [left, right): upside down, and half a unit on, it counts (left, right].
    assert shares[1:] == pytest.approx(counted[::-1][1:] / size(space), abs=1e-12)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_shipped_space_needs_drawing(path: Path) -> None:
    space = load_space(path)
    model = cost_model(space.architecture(()))
    assert sums.halves([sums.sums_of(decision, model) for decision in space.decisions]) is not None


def test_where_the_sums_are_too_many_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    space = load_space(DIGITS)
    model = CostModel(space.backbone, {}, space.input_shape)
    exact = Distribution(space, model)
    bounds = {cost: exact.median(cost) for cost in COSTS}
    monkeypatch.setattr(sums, "_MOST_SUMS", 10)
    drawn, again = Distribution(space, model), Distribution(space, model)
    assert (exact.drawn, drawn.drawn) == (None, NUM_DRAWN)
    near = 4 * 0.5 / NUM_DRAWN**0.5  # four standard deviations
    assert drawn.share_within(bounds) == pytest.approx(exact.share_within(bounds), abs=near)
    assert drawn.share_within(bounds) == again.share_within(bounds)
    for cost, bound in bounds.items():
        assert drawn.share(cost, bound) == pytest.approx(0.5, abs=near)


def test_an_interval_is_one_value_whatever_it_costs() -> None:
    """The ratios of one outcome share its weight; beside it stand all outcomes of the others."""
    space = Space.from_file(FILE, "x.toml")
    found = Distribution(space, CostModel("resnet8", {}, (1, 8, 8)))
    act, *ends = space.decisions
    model = CostModel("resnet8", {}, (1, 8, 8))
    assert sums.sums_of(act, model).weights.sum() == pytest.approx(1.0)
    assert [sums.sums_of(end, model).weights.tolist() for end in ends] == [[1.0, 1.0]] * 3
    assert found.share_within({}) == 1.0


def test_the_budget_that_is_told_is_the_studys_or_the_command_lines() -> None:
    budget = parse_budget("params=1.05x, flops=1_000_000", "--budget")
    assert budget == Budget(params="1.05x", flops=1_000_000)
    document = describe(SpaceFile.model_validate(_digits()), "x.toml", 10, budget)
    assert document["budget"] == {"params": document["bare"]["params"] * 105 // 100, "flops": 10**6}
    space = load_space(DIGITS)
    costs = enumerated_share(space, document["budget"])
    assert document["share_within_budget"] == pytest.approx(costs)
    assert json.loads(json.dumps(document))["budget"] == document["budget"]


def enumerated_share(space: Space, bounds: dict[str, int]) -> float:
    model = CostModel(space.backbone, {}, space.input_shape)
    whole = sums.NOTHING
    for decision in space.decisions:
        whole = whole.plus(sums.sums_of(decision, model))
    limits = [bounds[cost] - getattr(model.base, cost) for cost in COSTS]
    return float(whole.weights[(whole.values <= limits).all(1)].sum() / size(space))


def _digits() -> dict[str, object]:
    import tomllib

    return tomllib.loads(DIGITS.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("params", "--budget params: must be COST=LIMIT"),
        ("params=", "--budget params=: must be COST=LIMIT"),
        ("latency_ms=3", "--budget: unknown key latency_ms; known: flops, params"),
        ("flops=1.05", "--budget: flops: '1.05' must be a positive whole number, or relative"),
    ],
)
def test_a_budget_that_cannot_be_read_is_the_users_mistake(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_budget(text, "--budget")
    assert str(caught.value).startswith(message)

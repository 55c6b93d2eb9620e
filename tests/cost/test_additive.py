import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from nasattn.cost import CostModel, Totals, cost_model, measure_cost
from nasattn.errors import UnknownNameError, UserError
from nasattn.placement import Architecture, Placement, build, canonical
from nasattn.space import Space, cost_extremes, load_space
from tests.architectures import (
    ARGUMENTS,
    SHAPE,
    SHIPPED,
    architectures,
    architectures_of,
    resnet8,
    resnet8_sites,
)

NETWORKS = "tests.conformance.networks"


def counted(architecture: Architecture, num_classes: int = 10) -> Totals:
    found = measure_cost(build(architecture, num_classes), architecture.input_shape)
    return Totals(found.params, found.norm_statistics, found.flops, found.flops_stock)


@settings(max_examples=15)
@given(architectures(most=10))
def test_the_sum_over_placements_is_the_count_on_the_network(architecture: Architecture) -> None:
    assert cost_model(architecture).cost(architecture) == counted(architecture)


load = cache(load_space)


def check(space: Space, data: st.DataObject) -> None:
    architecture = data.draw(architectures_of(space))
    assert cost_model(architecture).cost(architecture) == counted(architecture)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
@settings(max_examples=2)
@given(data=st.data())
def test_the_sum_is_the_count_in_every_shipped_space(path: Path, data: st.DataObject) -> None:
    check(load(path), data)


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
@settings(max_examples=30)
@given(data=st.data())
def test_the_sum_is_the_count_over_many_architectures(path: Path, data: st.DataObject) -> None:
    check(load(path), data)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_ends_of_a_shipped_space_are_those_that_are_counted(path: Path) -> None:
    space = load(path)
    model = cost_model(space.architecture(()))
    dearest = cost_extremes(space, model)["flops"]
    assert counted(dearest.dearest).flops == dearest.range[1]


@pytest.mark.parametrize(
    ("name", "sites"),
    [
        ("blocks", ["activation:again.relu", "before_conv:again.conv", "block_end:down.norm"]),
        ("parametric", ["activation:own", "activation:contained.1", "after_conv:second"]),
        ("functional", ["activation:relu", "activation:leaky_relu", "after_conv:third"]),
        ("containers", ["activation:iterated.2", "activation:sliced.1", "before_conv:called.0"]),
        ("refusing", ["activation:noisy.relu", "before_conv:stem"]),
    ],
)
def test_the_sum_holds_on_networks_of_users(name: str, sites: list[str]) -> None:
    """Among them blocks that run twice and activations whose parameters go when replaced."""
    pairs = [site.split(":") for site in sites]
    placements = [
        Placement(slot, at, "atac" if slot == "activation" else "nam") for slot, at in pairs
    ]
    architecture = canonical(f"{NETWORKS}:{name}", {}, (3, 8, 8), placements)
    assert cost_model(architecture).cost(architecture) == counted(architecture)


class Mixed(nn.Module):
    """Calls a function first, then a module of the same name with parameters."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.stem, self.conv = nn.Conv2d(in_channels, 4, 3), nn.Conv2d(4, num_classes, 3)
        self.relu = nn.PReLU(4)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.relu(F.relu(self.stem(x)))).mean((2, 3))


@pytest.mark.parametrize("call", ["relu", "relu_1"])
def test_an_activation_is_told_from_a_function_of_its_name(call: str) -> None:
    placements = [Placement("activation", call, "atac")]
    architecture = canonical(f"{__name__}:Mixed", {}, (3, 8, 8), placements)
    assert cost_model(architecture).cost(architecture) == counted(architecture)


def test_an_activation_whose_parameters_others_use_is_refused() -> None:
    with pytest.raises(UserError, match="activation:shared: its parameters are shared by several"):
        canonical(
            f"{NETWORKS}:parametric", {}, (3, 8, 8), [Placement("activation", "shared", "atac")]
        )


def test_options_without_a_price_are_not_counted_again() -> None:
    """Samplers draw NAM's penalty anew for each proposal: a count each would take a minute."""
    site = next(site for site in resnet8_sites() if site.slot == "block_end")
    model, bare = CostModel("resnet8", ARGUMENTS, SHAPE), resnet8()
    drawn = [
        replace(bare, placements=(Placement(site.slot, site.at, "nam", _nam(number / 1e6)),))
        for number in range(20_000)
    ]
    start = time.process_time()
    assert len({model.cost(architecture) for architecture in drawn}) == 1
    assert time.process_time() - start < 2.0


def _nam(penalty: float) -> tuple[tuple[str, str | float], ...]:
    return ("attend", "channel"), ("penalty", penalty)


def test_placements_add_to_the_base() -> None:
    model = CostModel("resnet8", ARGUMENTS, SHAPE, num_classes=7)
    architecture = resnet8(
        Placement("activation", "layer1.0.relu", "atac", (("ratio", 2),)),
        Placement("block_end", "layer1.0.add", "eca"),
    )
    parts = [model.placement(placement) for placement in architecture.placements]
    assert model.cost(architecture) == sum(parts, model.base) == counted(architecture, 7)
    assert model.cost(resnet8()) == model.base == counted(resnet8(), 7)


def test_classes_cost_parameters_of_the_classifier() -> None:
    ten, twenty = (CostModel("resnet8", ARGUMENTS, SHAPE, classes).base for classes in (10, 20))
    assert twenty - ten == Totals(params=10 * (32 + 1), flops=10 * 32, flops_stock=10 * 32)


def test_thousands_of_architectures_are_costed_in_a_second() -> None:
    convs = [site for site in resnet8_sites() if site.slot == "before_conv"]
    architecture = resnet8(*(Placement(s.slot, s.at, "gct") for s in convs))
    model = cost_model(architecture)
    model.cost(architecture)
    start = time.process_time()
    for _ in range(5000):
        model.cost(architecture)
    # `make bench-cost` measures: here the processor may be busy with other tests.
    assert time.process_time() - start < 1.0


def test_an_unknown_backbone_has_no_model() -> None:
    with pytest.raises(UnknownNameError, match='no backbone "resnet9"'):
        CostModel("resnet9", {}, SHAPE)


def test_the_model_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    CostModel("resnet8", {"width": 2}, SHAPE).cost(resnet8())
    assert torch.equal(torch.get_rng_state(), before)

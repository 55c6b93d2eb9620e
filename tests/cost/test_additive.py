import time

import pytest
import torch
from hypothesis import given, settings

from nasattn.cost import CostModel, Totals, cost_model, measure_cost
from nasattn.errors import UnknownNameError
from nasattn.placement import Architecture, Placement, build, canonical
from tests.architectures import ARGUMENTS, SHAPE, architectures, resnet8, resnet8_sites

NETWORKS = "tests.conformance.networks"


def counted(architecture: Architecture, num_classes: int = 10) -> Totals:
    found = measure_cost(build(architecture, num_classes), architecture.input_shape)
    return Totals(found.params, found.norm_statistics, found.flops, found.flops_stock)


@settings(max_examples=15)
@given(architectures(most=10))
def test_the_sum_over_placements_is_the_count_on_the_network(architecture: Architecture) -> None:
    assert cost_model(architecture).cost(architecture) == counted(architecture)


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
    architecture = resnet8(*(Placement(s.slot, s.at, "gct") for s in resnet8_sites()[:1]))
    model = cost_model(architecture)
    model.cost(architecture)
    start = time.process_time()
    for _ in range(1000):
        model.cost(architecture)
    assert time.process_time() - start < 0.5


def test_an_unknown_backbone_has_no_model() -> None:
    with pytest.raises(UnknownNameError, match='no backbone "resnet9"'):
        CostModel("resnet9", {}, SHAPE)


def test_the_model_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    CostModel("resnet8", {"width": 2}, SHAPE).cost(resnet8())
    assert torch.equal(torch.get_rng_state(), before)

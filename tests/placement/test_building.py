import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from nasattn.attention import ENTRIES, resolve_options
from nasattn.backbones import create
from nasattn.errors import UserError
from nasattn.placement import Architecture, Placement, build
from nasattn.placement.marking import marked_site
from nasattn.placement.slot import Slot
from tests.architectures import ARGUMENTS, SHAPE, architectures, resnet8, resnet8_sites

IMAGES = torch.randn(2, *SHAPE, generator=torch.Generator().manual_seed(0))


@settings(max_examples=8)
@given(architectures(), st.integers(0, 2**31))
def test_equal_seeds_build_equal_networks(architecture: Architecture, seed: int) -> None:
    first, second = (build(architecture, 7, seed).eval() for _ in range(2))
    states = first.state_dict(), second.state_dict()
    assert list(states[0]) == list(states[1])
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert torch.equal(first(IMAGES), second(IMAGES))
    assert first(IMAGES).shape == (2, 7)


@settings(max_examples=8)
@given(architectures(), architectures())
def test_architectures_of_one_seed_share_the_backbones_weights(
    first: Architecture, second: Architecture
) -> None:
    bare = build(resnet8(), seed=3).state_dict()
    for architecture in (first, second):
        state = build(architecture, seed=3).state_dict()
        assert all(torch.equal(state[key], weights) for key, weights in bare.items())
        assert [key for key in state if key in bare] == list(bare)


@settings(max_examples=8)
@given(architectures(most=8), st.data())
def test_a_placements_weights_depend_on_seed_and_site_alone(
    architecture: Architecture, data: st.DataObject
) -> None:
    kept = data.draw(st.sets(st.sampled_from(architecture.placements or ((),))))
    fewer = resnet8(*(placement for placement in architecture.placements if placement in kept))
    larger, smaller = (build(a, seed=5).state_dict() for a in (architecture, fewer))
    assert all(torch.equal(larger[key], weights) for key, weights in smaller.items())


@settings(max_examples=8)
@given(architectures(), st.integers(0, 2**31))
def test_given_weights_are_the_backbones_and_no_placements(
    architecture: Architecture, seed: int
) -> None:
    given_weights = build(resnet8(), seed=1).state_dict()
    started = build(architecture, seed=seed, weights=given_weights).state_dict()
    drawn = build(architecture, seed=seed).state_dict()
    for key, value in started.items():
        assert torch.equal(value, given_weights.get(key, drawn[key]))
    assert list(started) == list(drawn)


def test_weights_of_another_network_are_refused() -> None:
    weights = {f"module.{key}": value for key, value in build(resnet8()).state_dict().items()}
    rule = "weights in backbone resnet8: the file lacks conv1.weight.*has besides module.conv1.wei"
    with pytest.raises(UserError, match=rule):
        build(resnet8(), weights=weights)


def test_other_seeds_build_other_weights() -> None:
    architecture = resnet8(Placement("block_end", "layer1.0.add", "se", (("ratio", 2),)))
    first, second = (build(architecture, seed=seed).state_dict() for seed in (0, 1))
    learned = [key for key in first if key.endswith("weight") and "bn" not in key]
    assert [key for key in learned if torch.equal(first[key], second[key])] == []


def test_ortho_filters_derive_from_seed_and_site() -> None:
    sites = (("block_end", "layer1.0.add"), ("before_conv", "layer1.0.conv1"))
    placed = [Placement(slot, at, "ortho", (("ratio", 2),)) for slot, at in sites]
    nets = [build(resnet8(*placed), seed=seed) for seed in (0, 0, 1)]
    filters = [[buffer for name, buffer in net.named_buffers() if "filter" in name] for net in nets]
    assert len(filters[0]) == 2
    assert torch.equal(filters[0][0], filters[1][0])
    assert not torch.equal(filters[0][0], filters[2][0])
    assert not torch.equal(filters[0][0], filters[0][1])


def test_a_seed_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    build(resnet8(Placement("before_conv", "conv1", "cbam", (("ratio", 1),))), seed=0)
    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_seed_weights_come_from_the_global_generator() -> None:
    torch.manual_seed(4)
    net = build(resnet8())
    torch.manual_seed(4)
    assert torch.equal(net.conv1.weight, create("resnet8", **ARGUMENTS).conv1.weight)


def test_an_architecture_without_placements_is_the_backbone_itself() -> None:
    net, bare = build(resnet8()), create("resnet8", **ARGUMENTS)
    assert [type(module) for module in net.modules()] == [type(module) for module in bare.modules()]


@given(architectures(most=12))
@settings(max_examples=10)
def test_no_empty_slot_is_left(architecture: Architecture) -> None:
    net = build(architecture)
    assert not [module for module in net.modules() if isinstance(module, Slot)]
    placed = [site for module in net.modules() if (site := marked_site(module)) is not None]
    assert sorted(placed) == [placement.site for placement in architecture.placements]


@pytest.mark.parametrize("module", sorted(ENTRIES.keys() - {"atac"}))
def test_every_site_takes_every_module(module: str) -> None:
    fitting = [site for site in resnet8_sites() if site.slot != "activation"]
    ratio = {"ratio": 1} if "ratio" in resolve_options(module, {}, 64, (8, 8)) else {}
    options = tuple(ratio.items())
    net = build(resnet8(*(Placement(s.slot, s.at, module, options) for s in fitting)), seed=0)
    net(IMAGES).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


def test_input_channels_and_classes_reach_the_backbone() -> None:
    net = build(Architecture.parse('{"backbone":"resnet8","input_shape":[1,8,8]}'), num_classes=4)
    assert net(torch.randn(2, 1, 8, 8)).shape == (2, 4)
    assert isinstance(net, nn.Module)

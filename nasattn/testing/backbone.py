"""What every backbone must keep when slots are opened in it."""

import copy
import pickle
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import partial
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from nasattn.placement import Site, Sites, fill, find_sites, open_slots

Shape = tuple[int, int, int]
Map = tuple[int, tuple[int, int]]
"""Channels and (H, W)."""
Maps = dict[str, list[Map]]
_ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.SiLU, nn.Hardswish, nn.PReLU)


@dataclass(frozen=True)
class Backbone:
    """One backbone and what is known of it.

    Args:
        make: Returns it, with weights from torch's global generator.
        input_shape: (C, H, W) of its images, as small as it takes.
        block_ends: How many residual branches it has (blocks of such a class without an
            addition included).
        refused: How many places are refused, by reason.
    """

    make: Callable[[], nn.Module]
    input_shape: Shape
    block_ends: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)


class Finding(NamedTuple):
    """Sites, and the network's pickle with the random state, before and after the search."""

    sites: Sites
    given: tuple[bytes, Tensor]
    left: tuple[bytes, Tensor]


class BackboneSuite:
    """Laws of every backbone: inherit, and define the class-scoped fixture ``backbone``."""

    @pytest.fixture(scope="class")
    @classmethod
    def backbone(cls) -> Backbone:
        """Return the backbone that the suite is about."""
        raise AssertionError("a suite defines its backbone")

    @pytest.fixture(scope="class")
    @classmethod
    def bare(cls, backbone: Backbone) -> nn.Module:
        """The backbone in evaluation; tests must not change it."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return backbone.make().eval()

    @pytest.fixture(scope="class")
    @classmethod
    def opened(cls, bare: nn.Module) -> nn.Module:
        """The same with empty slots; tests must not change it."""
        return open_slots(bare)

    @pytest.fixture(scope="class")
    @classmethod
    def finding(cls, backbone: Backbone, bare: nn.Module) -> Finding:
        """The backbone's sites, and what the search for them was given and left."""
        net = copy.deepcopy(bare).train()
        given = (pickle.dumps(net), torch.get_rng_state())
        found = find_sites(net, backbone.input_shape)
        return Finding(found, given, (pickle.dumps(net), torch.get_rng_state()))

    @pytest.fixture(scope="class")
    @classmethod
    def found(cls, finding: Finding) -> Sites:
        """The backbone's sites."""
        return finding.sites

    def test_finding_sites_changes_nothing(self, finding: Finding) -> None:
        assert finding.left[0] == finding.given[0]
        assert torch.equal(finding.left[1], finding.given[1])

    @pytest.mark.parametrize("mode", ["train", "eval"])
    def test_empty_slots_change_no_bit(
        self, backbone: Backbone, bare: nn.Module, mode: str
    ) -> None:
        plain = copy.deepcopy(bare).train(mode == "train")
        with_slots = open_slots(plain)
        expected, given = (_outputs(net, backbone) for net in (plain, with_slots))
        assert len(expected) == len(given) > 0
        assert all(map(torch.equal, expected, given))
        # In training the batch statistics moved, and equally.
        states = zip(plain.state_dict().values(), with_slots.state_dict().values(), strict=True)
        assert all(torch.equal(mine, other) for mine, other in states)

    def test_outputs_keep_their_type(
        self, backbone: Backbone, bare: nn.Module, opened: nn.Module
    ) -> None:
        image = torch.zeros(1, *backbone.input_shape)
        with torch.no_grad():
            assert type(opened(image)) is type(bare(image))

    def test_the_state_dict_is_the_backbones(self, bare: nn.Module, opened: nn.Module) -> None:
        assert list(opened.state_dict()) == list(bare.state_dict())
        assert [name for name, _ in opened.named_parameters()] == [
            name for name, _ in bare.named_parameters()
        ]
        assert [name for name, _ in opened.named_buffers()] == [
            name for name, _ in bare.named_buffers()
        ]

    def test_weights_load_strictly_both_ways(
        self, backbone: Backbone, bare: nn.Module, opened: nn.Module
    ) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            other = backbone.make().eval()
        target = copy.deepcopy(opened)
        target.load_state_dict(other.state_dict(), strict=True)
        assert all(map(torch.equal, _outputs(target, backbone), _outputs(other, backbone)))
        other.load_state_dict(opened.state_dict(), strict=True)
        assert all(map(torch.equal, _outputs(other, backbone), _outputs(bare, backbone)))

    def test_every_slot_is_live_and_as_its_site_says(
        self, backbone: Backbone, bare: nn.Module, found: Sites
    ) -> None:
        scales = {site.name: _Scale(site) for site in found.sites}
        net = _with_every_branch_open(fill(bare, scales).eval())
        image = torch.randn(1, *backbone.input_shape)
        sum(output.square().sum() for output in _flat(net(image))).backward()  # type: ignore[union-attr]  # a tensor: there is an output
        assert [name for name, scale in scales.items() if not scale.weight.grad] == []
        assert {name: set(scale.seen) for name, scale in scales.items()} == {
            site.name: {(site.channels, site.size)} for site in found.sites
        }
        assert all(len(scales[site.name].seen) == site.calls for site in found.sites)

    def test_sites_are_those_of_the_convolutions_and_activations(
        self, backbone: Backbone, bare: nn.Module, found: Sites
    ) -> None:
        entered, left, activated = _observe(bare, backbone)
        assert _maps_by_module(found, "before_conv") == _without_refused(entered, found)
        after = _maps_by_module(found, "after_conv")
        for site in found.sites:
            if site.follows is not None:
                after.setdefault(_module_of(site.follows), []).extend(_maps_of(site))
        assert after == _without_refused(left, found)
        replaceable = _without_refused(activated, found)
        seen = _maps_by_module(found, "activation")
        assert {path: seen.get(path) for path in replaceable} == replaceable

    def test_site_names_are_unique_and_stages_count_from_one(self, found: Sites) -> None:
        names = [site.name for site in found.sites]
        assert len(set(names)) == len(names)
        stages = dict.fromkeys(site.stage for site in found.sites)
        assert sorted(stages) == list(range(1, len(stages) + 1))

    def test_residual_branches_have_ends(self, backbone: Backbone, found: Sites) -> None:
        ends = [site for site in found.sites if site.slot == "block_end"]
        assert len(ends) == backbone.block_ends

    def test_refusals_are_as_pinned(self, backbone: Backbone, found: Sites) -> None:
        assert Counter(refusal.reason for refusal in found.refused) == backbone.refused
        refused = [refusal.module for refusal in found.refused]
        assert len(set(refused)) == len(refused)
        assert not set(refused) & {site.name for site in found.sites}

    def test_copies_are_equal_and_independent(
        self, backbone: Backbone, opened: nn.Module, bare: nn.Module
    ) -> None:
        copies = (copy.deepcopy(opened), pickle.loads(pickle.dumps(opened)))  # noqa: S301 - own bytes
        for twin in copies:
            assert list(twin.state_dict()) == list(bare.state_dict())
            assert all(map(torch.equal, _outputs(twin, backbone), _outputs(bare, backbone)))
            expected = _outputs(copy.deepcopy(bare).train(), backbone)
            assert all(map(torch.equal, _outputs(twin.train(), backbone), expected))
            with torch.no_grad():
                for parameter in twin.parameters():
                    parameter.zero_()
        assert any(parameter.any() for parameter in opened.parameters())

    @pytest.mark.slow
    @pytest.mark.filterwarnings(
        # 2026-11-22: torch 2.14's own compiler code uses parts that Python 3.11 deprecates.
        "ignore::DeprecationWarning"
    )
    def test_compiles_as_one_graph(self, backbone: Backbone, bare: nn.Module, found: Sites) -> None:
        image = torch.randn(2, *backbone.input_shape)
        for net in (
            open_slots(bare),
            fill(bare, {site.name: _Scale(site) for site in found.sites}),
        ):
            torch.compiler.reset()
            # aot_eager needs no C++ compiler; whether the graph is whole does not depend on it.
            compiled = torch.compile(net.eval(), fullgraph=True, backend="aot_eager")
            torch.testing.assert_close(_flat(compiled(image)), _flat(net(image)))

    @pytest.mark.slow
    @pytest.mark.filterwarnings(
        # 2026-11-22: torch 2.14's own exporter uses parts that Python 3.11 deprecates.
        "ignore::DeprecationWarning"
    )
    def test_exports(self, backbone: Backbone, bare: nn.Module) -> None:
        net = open_slots(bare).eval()
        image = torch.randn(2, *backbone.input_shape)
        exported = torch.export.export(net, (image,))
        torch.testing.assert_close(_flat(exported.module()(image)), _flat(net(image)))


class _Scale(nn.Module):
    """Multiplies by one learnable scalar; in place of an activation, after a ReLU."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.activates = site.slot == "activation"
        self.seen: list[Map] = []

    def forward(self, x: Tensor) -> Tensor:
        if not torch.compiler.is_compiling():
            self.seen.append(_map(x))
        return self.weight * (x.relu() if self.activates else x)


def _with_every_branch_open(net: nn.Module) -> nn.Module:
    """Fill the scales that start at zero, so that branches behind them count."""
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if not name.endswith("bias") and not parameter.any():
                parameter.fill_(0.5)
    return net


def _outputs(net: nn.Module, backbone: Backbone) -> list[Tensor]:
    """Return all tensors that a network returns for the same images and the same dropout."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(2)
        return _flat(net(torch.randn(2, *backbone.input_shape)))


def _flat(output: Any) -> list[Tensor]:
    if isinstance(output, Tensor):
        return [output]
    values = output
    if isinstance(output, Mapping) or is_dataclass(output):
        values = (output if isinstance(output, Mapping) else vars(output)).values()
    return [tensor for value in values if value is not None for tensor in _flat(value)]


def _map(x: Tensor) -> Map:
    return int(x.shape[1]), (int(x.shape[2]), int(x.shape[3]))


def _module_of(call: str) -> str:
    """Return the module that a call site names: ``layer1.0.relu_1`` calls ``layer1.0.relu``."""
    return re.sub(r"_\d+$", "", call)


def _maps_by_module(found: Sites, slot: str) -> Maps:
    maps: Maps = {}
    for site in found.sites:
        if site.slot == slot:
            maps.setdefault(_module_of(site.at), []).extend(_maps_of(site))
    return maps


def _maps_of(site: Site) -> list[Map]:
    return site.calls * [(site.channels, site.size)]


def _without_refused(maps: Maps, found: Sites) -> Maps:
    """Leave out the modules that are refused, or called by one that is."""
    refused = {refusal.module.partition(":")[2] or refusal.module for refusal in found.refused}
    refused = {_module_of(name) for name in refused - {"the network"}}
    return {
        path: seen
        for path, seen in maps.items()
        if path not in refused and path.rpartition(".")[0] not in refused
    }


def _observe(bare: nn.Module, backbone: Backbone) -> tuple[Maps, Maps, Maps]:
    """Return the maps that enter and leave convolutions and that enter activations, by module.

    What is no map and maps of one pixel are left out: no site may be there.
    """
    net = copy.deepcopy(bare)
    entered: Maps = {}
    left: Maps = {}
    activated: Maps = {}
    for path, module in net.named_modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_pre_hook(partial(_note, entered, path))
            module.register_forward_hook(partial(_note_output, left, path))
        elif isinstance(module, _ACTIVATIONS):
            module.register_forward_pre_hook(partial(_note, activated, path))
    _outputs(net, backbone)
    return entered, left, activated


def _note(maps: Maps, path: str, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    if inputs[0].ndim == 4 and inputs[0].shape[2:].numel() > 1:
        maps.setdefault(path, []).append(_map(inputs[0]))


def _note_output(
    maps: Maps, path: str, module: nn.Module, _: tuple[Tensor, ...], output: Tensor
) -> None:
    _note(maps, path, module, (output,))

"""Which parameters decay: the sets are written by hand, for each network."""

import json

import pytest
import torch
from tiny_networks import Tiny
from torch import Tensor, nn

import nasattn
from nasattn.training import Optimizer
from nasattn.training.decay import parameter_groups

EVERYTHING = Optimizer(weight_decay=0.1)
AS_ATAC = Optimizer(weight_decay=0.1, decay_norms_and_biases=False)


def undecayed(network: nn.Module, settings: Optimizer) -> set[str]:
    """The names of the parameters that do not decay; all others must be there and decay."""
    groups = parameter_groups(network, settings)
    decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    assert sum(len(group["params"]) for group in groups) == len(decay)
    named = dict(network.named_parameters())
    assert decay.keys() == {id(p) for p in named.values()}
    assert set(decay.values()) <= {0.0, 0.1}
    return {name for name, p in named.items() if decay[id(p)] == 0.0}


def gated(module: str, slot: str, at: str) -> nn.Module:
    placement = {"slot": slot, "at": at, "module": module, "options": {}}
    values = {"backbone": "resnet8", "input_shape": [3, 8, 8], "placements": [placement]}
    return nasattn.build(nasattn.Architecture.parse(json.dumps(values)))


class NamedBeta(nn.Module):
    """Its parameter is called as GCT's, but nobody says that it must not decay."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.beta[:, None, None]


def test_everything_decays_but_what_a_modules_authors_leave_out() -> None:
    assert undecayed(Tiny(), EVERYTHING) == set()
    assert undecayed(Tiny(gate=NamedBeta), EVERYTHING) == set()
    gct = gated("gct", "before_conv", "layer1.0.conv1")
    assert undecayed(gct, EVERYTHING) == {"layer1.0.slots.before_conv__conv1.beta"}
    assert undecayed(gated("nam", "block_end", "layer1.0.add"), EVERYTHING) == set()


def test_norms_and_biases_do_not_decay_when_asked() -> None:
    norms = {f"bn{n}.{kind}" for n in (1, 2) for kind in ("weight", "bias")}
    assert undecayed(Tiny(), AS_ATAC) == {*norms, "fc.bias"}
    assert undecayed(Tiny(gate=NamedBeta), AS_ATAC) == {*norms, "fc.bias"}
    others = nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.GroupNorm(2, 4), nn.LayerNorm((4, 8, 8)), nn.PReLU(4)
    )
    assert undecayed(others, AS_ATAC) == {"0.bias", "1.weight", "1.bias", "2.weight", "2.bias"}


def test_attention_is_treated_alike() -> None:
    bare = undecayed(nasattn.backbones.create("resnet8"), AS_ATAC)
    assert bare >= {"bn1.weight", "layer2.0.bn2.bias", "fc.bias"}
    assert not {"conv1.weight", "layer3.0.conv1.weight", "fc.weight"} & bare
    gate = "layer1.0.slots.block_end__add.gates.0.bn"
    nam = undecayed(gated("nam", "block_end", "layer1.0.add"), AS_ATAC)
    assert nam - bare == {f"{gate}.weight", f"{gate}.bias"}
    gct = undecayed(gated("gct", "before_conv", "layer1.0.conv1"), AS_ATAC)
    assert gct - bare == {"layer1.0.slots.before_conv__conv1.beta"}


def test_a_shared_parameter_is_there_once() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    network[1].bias = network[0].bias
    assert undecayed(network, EVERYTHING) == set()
    assert undecayed(network, AS_ATAC) == {"0.bias"}


@pytest.mark.parametrize("settings", [EVERYTHING, AS_ATAC])
def test_frozen_parameters_are_left_out(settings: Optimizer) -> None:
    network = nn.Linear(2, 2)
    network.bias.requires_grad_(requires_grad=False)
    (group,) = parameter_groups(network, settings)
    assert [p is network.weight for p in group["params"]] == [True]

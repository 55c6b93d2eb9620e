import copy

import pytest
import torch
from torch import Tensor, nn

from nasattn import attention
from nasattn.backbones import create
from nasattn.cost import measure_cost
from nasattn.errors import UserError
from nasattn.placement import fill, find_sites, open_slots

NETWORKS = "tests.conformance.networks"
IMAGES = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Twice(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * x


def num_params(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def test_the_given_network_is_untouched() -> None:
    net = create("resnet8", width=4)
    before, text = copy.deepcopy(net.state_dict()), repr(net)
    attends = attention.create("gct", 4)
    filled = fill(net, {"before_conv:layer1.0.conv1": attends})
    with torch.no_grad():
        for parameter in filled.parameters():
            parameter.zero_()
    filled(IMAGES)
    assert repr(net) == text
    after = net.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], value) for key, value in before.items())


def test_without_modules_the_result_is_a_copy() -> None:
    net = create("resnet8", width=4).eval()
    filled = fill(net, {})
    assert torch.equal(filled(IMAGES), net(IMAGES))
    assert not {id(p) for p in filled.parameters()} & {id(p) for p in net.parameters()}


@pytest.mark.parametrize(
    ("backbone", "site", "words"),
    [
        ("resnet8", "before_conv:layer9.conv1", "has no site before_conv:layer9.conv1"),
        (f"{NETWORKS}:parametric", "activation:shared", "shared by several calls"),
        ("resnet8", "nowhere", "has no site nowhere"),
    ],
)
def test_sites_that_cannot_be_filled_are_errors(backbone: str, site: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        fill(create(backbone), {site: Twice()})


def test_backbone_weights_keep_their_keys_and_load() -> None:
    net, other = create("resnet8", width=4), create("resnet8", width=4)
    filled = fill(net, {"block_end:layer2.0.add": attention.create("se", 8, ratio=2)})
    bare = list(net.state_dict())
    assert [key for key in filled.state_dict() if key in set(bare)] == bare
    missing, unexpected = filled.load_state_dict(other.state_dict(), strict=False)
    assert unexpected == []
    assert all("slots.block_end__add" in key for key in missing)
    assert torch.equal(filled.layer3[0].conv1.weight, other.layer3[0].conv1.weight)


def test_containers_keep_index_length_iteration_and_slices() -> None:
    net = create(f"{NETWORKS}:containers").eval()
    filled = fill(net, {"before_conv:called.0": Twice(), "activation:called.1": nn.ReLU()})
    types = [type(layer) for layer in net.called]
    assert [type(layer) for layer in filled.called] == types
    assert len(filled.called) == len(net.called)
    assert type(filled.called[-1]) is types[-1]
    assert [type(layer) for layer in filled.called[:1]] == types[:1]
    assert filled.called[1:](IMAGES).shape == IMAGES.shape
    x = torch.randn(1, 4, 8, 8)
    assert torch.equal(filled.called(x), net.called[0](2 * x).relu())


def test_what_a_forward_iterates_over_is_filled_where_it_runs() -> None:
    net = create(f"{NETWORKS}:containers").eval()
    filled = fill(net, {"activation:iterated.2": Twice(), "before_conv:indexed.0": Twice()})
    x = 2 * net.iterated[1](net.iterated[0](IMAGES))
    x = net.indexed(2 * x)
    for layer in net.sliced[1:]:
        x = layer(x)
    torch.testing.assert_close(filled(IMAGES), net.classify(net.called(x)))


def test_a_replaced_prelu_takes_its_parameters_along() -> None:
    net = create(f"{NETWORKS}:parametric")
    replaced = {
        "activation:own": attention.create("atac", 4, ratio=2),
        "activation:contained.1": attention.create("atac", 4, ratio=2),
    }
    added = sum(map(num_params, replaced.values()))
    filled = fill(net, replaced)
    assert num_params(filled) == num_params(net) + added - 4 - 1
    assert not {"own.weight", "contained.1.weight"} & set(filled.state_dict())
    assert len(filled.contained) == len(net.contained)
    assert isinstance(filled.contained[2], nn.Conv2d)
    filled(IMAGES).sum().backward()


def test_functional_activations_keep_their_settings() -> None:
    net = create(f"{NETWORKS}:functional").eval()
    opened = open_slots(net)
    assert torch.equal(opened(IMAGES), net(IMAGES))
    filled = fill(net, {"activation:gelu": nn.GELU(approximate="tanh")})
    assert torch.equal(filled(IMAGES), net(IMAGES))
    assert not torch.equal(fill(net, {"activation:gelu": nn.GELU()})(IMAGES), net(IMAGES))


def test_buffers_in_a_formula_stay_buffers() -> None:
    opened = open_slots(create(f"{NETWORKS}:gated")).eval()
    before = opened(IMAGES)
    opened.offset += 1
    assert not torch.equal(opened(IMAGES), before)


def test_attributes_methods_names_and_hooks_stay() -> None:
    net = create("resnet8", width=4)
    net.layer1[0].note = "mine"
    filled = fill(net, {"block_end:layer1.0.add": Twice()})
    assert filled.layer1[0].note == "mine"
    assert type(filled.layer1[0]).__name__ == "BasicBlock"
    calls: list[nn.Module] = []
    filled.layer1.register_forward_hook(lambda module, *_: calls.append(module))
    filled(IMAGES)
    assert calls == [filled.layer1]


def test_a_module_with_a_child_called_slots_keeps_it() -> None:
    class Parking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.slots = nn.Conv2d(3, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.slots(x)
            return result

    net = Parking()
    filled = fill(net, {"before_conv:slots": Twice()})
    torch.testing.assert_close(filled(IMAGES), net(2 * IMAGES))
    assert list(filled.state_dict()) == list(net.state_dict())


def test_a_module_that_is_one_conv_has_no_site_and_says_nothing() -> None:
    found = find_sites(nn.Conv2d(3, 3, 1), (3, 8, 8))
    assert (found.sites, found.refused) == ((), ())


def test_a_users_module_with_a_site_of_its_own_is_no_placement() -> None:
    net = create("resnet8", width=4)
    net.layer1[0].site = "Delphi"
    attends = attention.create("gct", 4)
    attends.site = "Dodona"
    filled = fill(net, {"before_conv:conv1": Twice(), "after_conv:conv1": attends})
    assert list(measure_cost(net, (3, 8, 8)).by_site) == []
    assert set(measure_cost(filled, (3, 8, 8)).by_site) == {"before_conv:conv1", "after_conv:conv1"}
    assert (filled.layer1[0].site, attends.site) == ("Delphi", "Dodona")


def test_costs_of_placed_modules_are_told_by_site() -> None:
    filled = fill(
        create("resnet8", width=4), {"block_end:layer1.0.add": attention.create("gct", 4)}
    )
    assert measure_cost(filled, (3, 8, 8)).by_site["block_end:layer1.0.add"].params == 12

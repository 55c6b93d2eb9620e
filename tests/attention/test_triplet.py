import pytest
import torch
from torch import Tensor, nn

from nasattn.attention import create
from nasattn.attention.triplet import PlaneGate
from nasattn.testing.attention import (
    AttentionSuite,
    Case,
    Reference,
    Values,
    assert_equals_reference,
    batch_norm,
    convolve,
    scramble,
)


class TestTriplet(AttentionSuite):
    @pytest.fixture(params=[{}, {"kernel_size": 3}])
    def case(self, request: pytest.FixtureRequest) -> Case:
        return Case("triplet", options=request.param)


def formula(*, train: bool) -> Reference:
    """As the authors write it: rotate the whole map, gate its (H, W) plane, rotate back."""

    def gated(x: Tensor, values: Values, branch: str, rotation: tuple[int, ...]) -> Tensor:
        rotated = x.permute(rotation)
        planes = [rotated.sort(1).values[:, -1], rotated.sum(1) / rotated.shape[1]]
        mixed = convolve(torch.stack(planes, 1), values[f"{branch}.conv.weight"])
        normed = batch_norm(mixed, 1, values, f"{branch}.bn", train=train)
        return (rotated / (1 + torch.exp(-normed))).permute(rotation)

    def reference(x: Tensor, values: Values) -> Tensor:
        rotations = {"cw": (0, 2, 1, 3), "hc": (0, 3, 2, 1), "hw": (0, 1, 2, 3)}
        return sum(gated(x, values, *rotation) for rotation in rotations.items()) / 3

    return reference


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("kernel_size", [1, 3, 7])
@pytest.mark.parametrize("size", [(3, 4), (1, 1), (1, 4)])
def test_equals_the_formula(size: tuple[int, int], kernel_size: int, train: bool) -> None:  # noqa: FBT001 - pytest's
    case = Case("triplet", 5, size, {"kernel_size": kernel_size})
    module = scramble(case.build()).train(train)
    assert_equals_reference(module, formula(train=train), case.maps())


@pytest.mark.parametrize("train", [True, False])
def test_turned_maps_are_seen_by_the_exchanged_branches(train: bool) -> None:  # noqa: FBT001 - pytest's
    case = Case("triplet", size=(4, 5))
    module = scramble(case.build()).double().train(train)
    turned = scramble(case.build()).double().train(train)
    for mine, other in (("cw", "hc"), ("hc", "cw"), ("hw", "hw")):
        state = module.get_submodule(other).state_dict()
        kernel = state["conv.weight"].transpose(2, 3)
        turned.get_submodule(mine).load_state_dict({**state, "conv.weight": kernel})
    x = case.maps(dtype=torch.float64)
    torch.testing.assert_close(turned(x.transpose(2, 3)), module(x).transpose(2, 3))


def test_closed_gates_halve() -> None:
    module, x = create("triplet", 8).eval(), Case("triplet").maps()
    for gate in (module.cw, module.hc, module.hw):
        nn.init.zeros_(gate.bn.weight)
    torch.testing.assert_close(module(x), x / 2)


@pytest.mark.parametrize(("branch", "axis"), [("cw", 2), ("hc", 3), ("hw", 1)])
def test_each_branch_is_blind_along_the_axis_that_it_pools(branch: str, axis: int) -> None:
    module = scramble(create("triplet", 8)).double().eval()
    x = Case("triplet").maps(dtype=torch.float64)
    for name in {"cw", "hc", "hw"} - {branch}:
        gate = module.get_submodule(name)
        nn.init.zeros_(gate.bn.weight)
        nn.init.constant_(gate.bn.bias, -100.0)
    gates = module(x) / x
    torch.testing.assert_close(gates, gates.mean(axis, keepdim=True).expand_as(gates))
    assert all(gates.std(other).max() > 0 for other in {1, 2, 3} - {axis})
    assert gates.max() <= 1 / 3


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_of_equal_values_one_alone_has_the_gradient_of_the_maximum(axis: int) -> None:
    gate = scramble(PlaneGate(axis, kernel_size=1)).eval()
    nn.init.zeros_(gate.conv.weight[:, 1])  # no mean
    x = torch.ones(2, 3, 4, 5, requires_grad=True)
    gate(x).sum().backward()
    assert ((x.grad != 0).sum(axis) == 1).all()


def test_norms_have_the_authors_momentum() -> None:
    module = create("triplet", 16)
    assert {gate.bn.momentum for gate in (module.cw, module.hc, module.hw)} == {0.01}


@pytest.mark.parametrize("channels", [1, 64])
def test_trainable_parameters(channels: int) -> None:
    module = create("triplet", channels)
    assert sum(p.numel() for p in module.parameters()) == 3 * (2 * 49 + 2)

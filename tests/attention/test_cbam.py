import pytest
import torch
from torch import Tensor, nn

from nasattn.attention import create
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


class TestCbam(AttentionSuite):
    @pytest.fixture(params=[{}, {"kernel_size": 3}])
    def case(self, request: pytest.FixtureRequest) -> Case:
        return Case("cbam", options={"ratio": 2, **request.param})


def formula(*, train: bool) -> Reference:
    def mlp(z: Tensor, values: Values) -> Tensor:
        inner = z @ values["squeeze.weight"].T + values["squeeze.bias"]
        return (
            torch.where(inner > 0, inner, 0.0) @ values["excite.weight"].T + values["excite.bias"]
        )

    def reference(x: Tensor, values: Values) -> Tensor:
        flat = x.flatten(2)
        outer = mlp(flat.mean(2), values) + mlp(flat.sort(2).values[:, :, -1], values)
        u = x / (1 + torch.exp(-outer)).unsqueeze(2).unsqueeze(3)
        planes = torch.stack([u.sort(1).values[:, -1], u.sum(1) / u.shape[1]], 1)
        mixed = convolve(planes, values["conv.weight"])
        return u / (1 + torch.exp(-batch_norm(mixed, 1, values, "bn", train=train)))

    return reference


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("kernel_size", [1, 3, 7])
@pytest.mark.parametrize("size", [(4, 5), (1, 1)])
def test_equals_the_formula(size: tuple[int, int], kernel_size: int, train: bool) -> None:  # noqa: FBT001 - pytest's
    case = Case("cbam", 6, size, {"ratio": 2, "kernel_size": kernel_size})
    module = scramble(case.build()).train(train)
    assert_equals_reference(module, formula(train=train), case.maps())


def test_open_spatial_gate_leaves_the_channel_gate() -> None:
    module, x = scramble(create("cbam", 8, ratio=2)).eval(), Case("cbam").maps()
    nn.init.zeros_(module.bn.weight)
    nn.init.constant_(module.bn.bias, 50.0)
    gates = module(x) / x
    torch.testing.assert_close(gates, gates.mean((2, 3), keepdim=True).expand_as(gates))


def test_closed_gates_quarter() -> None:
    module, x = create("cbam", 8, ratio=2).eval(), Case("cbam").maps()
    for tensor in (module.excite.weight, module.excite.bias, module.bn.weight):
        nn.init.zeros_(tensor)
    assert torch.equal(module(x), x / 4)


def test_spatial_norm_has_the_authors_momentum() -> None:
    assert create("cbam", 16).bn.momentum == 0.01


def test_trainable_parameters() -> None:
    module = create("cbam", 64)
    assert sum(p.numel() for p in module.parameters()) == (2 * 64 * 4 + 64 + 4) + 2 * 49 + 2

import math

import pytest
import torch
from torch import Tensor, nn

from nasattn.attention import AttentionalActivation
from nasattn.testing.attention import (
    AttentionSuite,
    Case,
    Reference,
    Values,
    assert_equals_reference,
    batch_norm,
    scramble,
)


class TestAtac(AttentionSuite):
    @pytest.fixture(params=[{}, {"ratio": 4, "bias": True}])
    def case(self, request: pytest.FixtureRequest) -> Case:
        return Case("atac", options=request.param)


def formula(*, train: bool) -> Reference:
    def pointwise(x: Tensor, values: Values, name: str) -> Tensor:
        weight, bias = values[f"{name}.weight"][:, :, 0, 0], values.get(f"{name}.bias")
        mixed = torch.stack(
            [sum(weight[o, i] * x[:, i] for i in range(x.shape[1])) for o in range(len(weight))], 1
        )
        return mixed if bias is None else mixed + bias.view(1, -1, 1, 1)

    def reference(x: Tensor, values: Values) -> Tensor:
        inner = batch_norm(pointwise(x, values, "conv1"), 1, values, "bn1", train=train)
        inner = torch.where(inner > 0, inner, 0.0)
        outer = batch_norm(pointwise(inner, values, "conv2"), 1, values, "bn2", train=train)
        return x / (1 + torch.exp(-outer))

    return reference


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("ratio", [1, 2, 5])  # 5 channels // 2 is 2: rounded down
def test_equals_the_formula(ratio: int, bias: bool, train: bool) -> None:  # noqa: FBT001 - pytest's
    module = scramble(AttentionalActivation(5, ratio=ratio, bias=bias)).train(train)
    assert module.conv1.out_channels == 5 // ratio
    x = Case("atac", channels=5, size=(2, 3)).maps()
    assert_equals_reference(module, formula(train=train), x)


def test_a_closed_last_norm_halves_and_an_open_one_passes() -> None:
    module, x = Case("atac").build().eval(), Case("atac").maps()
    nn.init.zeros_(module.bn2.weight)
    assert torch.equal(module(x), x / 2)
    nn.init.constant_(module.bn2.bias, 50.0)
    assert torch.equal(module(x), x)


def test_pixels_do_not_meet_in_eval() -> None:
    module = scramble(Case("atac").build()).double().eval()
    x = Case("atac").maps(dtype=torch.float64)
    turned = x.flip(2).transpose(2, 3)
    torch.testing.assert_close(module(turned), module(x).flip(2).transpose(2, 3))


def test_weights_start_as_the_authors_initialiser_draws_them() -> None:
    torch.manual_seed(0)
    module = AttentionalActivation(256, ratio=4, bias=True)
    expected = math.sqrt(2 / (1 + 0.25**2) / ((256 + 64) / 2))
    for conv in (module.conv1, module.conv2):
        assert conv.weight.std().item() == pytest.approx(expected, rel=0.03)
        assert abs(conv.weight.mean().item()) < 0.1 * expected
        assert not conv.bias.any()


@pytest.mark.parametrize(("ratio", "bias", "count"), [(2, False, 4288), (2, True, 4384)])
def test_trainable_parameters(ratio: int, bias: bool, count: int) -> None:  # noqa: FBT001 - pytest's
    module = AttentionalActivation(64, ratio=ratio, bias=bias)
    hidden = 64 // ratio
    assert count == 2 * 64 * hidden + 2 * (64 + hidden) + bias * (64 + hidden)
    assert sum(p.numel() for p in module.parameters()) == count

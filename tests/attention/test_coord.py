import pytest
import torch
from torch import Tensor, nn

from nasattn.attention import create, resolve_options
from nasattn.testing.attention import (
    AttentionSuite,
    Case,
    Reference,
    Values,
    assert_equals_reference,
    batch_norm,
    scramble,
)


class TestCoord(AttentionSuite):
    @pytest.fixture(params=[{}, {"ratio": 1}])
    def case(self, request: pytest.FixtureRequest) -> Case:
        return Case("coord", channels=12, options=request.param)


def formula(*, train: bool) -> Reference:
    def mixed(x: Tensor, values: Values, name: str) -> Tensor:
        """Apply a 1x1 convolution to (N, C, L), position by position."""
        weight = values[f"{name}.weight"].flatten(1)
        return torch.stack([v @ weight.T + values[f"{name}.bias"] for v in x.unbind(2)], 2)

    def reference(x: Tensor, values: Values) -> Tensor:
        height, width = x.shape[2:]
        rows = [sum(x[:, :, i, j] for j in range(width)) / width for i in range(height)]
        columns = [sum(x[:, :, i, j] for i in range(height)) / height for j in range(width)]
        inner = mixed(torch.stack(rows + columns, 2), values, "conv")
        normed = batch_norm(inner, 1, values, "bn", train=train)
        ramp = torch.where(normed < -3, 0.0, torch.where(normed > 3, 1.0, (normed + 3) / 6))
        by_row, by_column = (normed * ramp).split([height, width], 2)
        a = 1 / (1 + torch.exp(-mixed(by_row, values, "conv_h")))
        b = 1 / (1 + torch.exp(-mixed(by_column, values, "conv_w")))
        pixels = [
            x[:, :, i, j] * a[:, :, i] * b[:, :, j] for i in range(height) for j in range(width)
        ]
        return torch.stack(pixels, 2).view(x.shape)

    return reference


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("ratio", [1, 2, 32])
@pytest.mark.parametrize("size", [(3, 4), (1, 1), (4, 1)])
def test_equals_the_formula(size: tuple[int, int], ratio: int, train: bool) -> None:  # noqa: FBT001 - pytest's
    case = Case("coord", 18, size, {"ratio": ratio})
    module = scramble(case.build()).train(train)
    assert_equals_reference(module, formula(train=train), case.maps())


def test_zero_weights_quarter() -> None:
    module, x = create("coord", 8), Case("coord").maps()
    for conv in (module.conv_h, module.conv_w):
        nn.init.zeros_(conv.weight)
        nn.init.zeros_(conv.bias)
    assert torch.equal(module(x), x / 4)


def test_the_gate_is_one_of_its_row_times_one_of_its_column() -> None:
    x = Case("coord", size=(4, 5)).maps(dtype=torch.float64)
    gates = scramble(create("coord", 8)).double().eval()(x) / x
    crossed = gates[:, :, :1, :] * gates[:, :, :, :1] / gates[:, :, :1, :1]
    torch.testing.assert_close(gates, crossed)
    assert gates.std((2, 3)).min() > 0


@pytest.mark.parametrize("train", [True, False])
def test_turned_maps_are_seen_by_the_exchanged_convolutions(train: bool) -> None:  # noqa: FBT001 - pytest's
    case = Case("coord", size=(4, 5))
    module = scramble(case.build()).double().train(train)
    turned = scramble(case.build()).double().train(train)
    turned.conv_h, turned.conv_w = turned.conv_w, turned.conv_h
    x = case.maps(dtype=torch.float64)
    torch.testing.assert_close(turned(x.transpose(2, 3)), module(x).transpose(2, 3))


@pytest.mark.parametrize(
    ("channels", "ratio", "hidden", "canonical"),
    [
        (512, 32, 16, 32),
        (320, 32, 10, 32),
        (256, 32, 8, 32),
        (64, 32, 8, 8),
        (64, 10**12, 8, 8),
        (64, 4, 16, 4),
        (18, 2, 9, 2),
        (15, 32, 8, 2),
        (15, 1, 15, 1),
        (4, 32, 8, 1),
        (1, 1, 8, 1),
    ],
)
def test_hidden_channels_are_at_least_eight(
    channels: int, ratio: int, hidden: int, canonical: int
) -> None:
    assert create("coord", channels, ratio=ratio).conv.out_channels == hidden
    assert resolve_options("coord", {"ratio": ratio}, channels) == {"ratio": canonical}


def test_trainable_parameters() -> None:
    module = create("coord", 64)
    expected = (64 * 8 + 8) + 2 * 8 + 2 * (8 * 64 + 64)
    assert sum(p.numel() for p in module.parameters()) == expected

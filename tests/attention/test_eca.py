import pytest
import torch
from torch import Tensor, nn

from nasattn.attention import (
    EfficientChannelAttention,
    adaptive_kernel_size,
    create,
    resolve_options,
)
from nasattn.testing.attention import (
    AttentionSuite,
    Case,
    Values,
    assert_equals_reference,
    scramble,
)


class TestEca(AttentionSuite):
    @pytest.fixture(params=[{}, {"kernel_size": 1}, {"kernel_size": 21}])
    def case(self, request: pytest.FixtureRequest) -> Case:
        return Case("eca", options=request.param)


def formula(x: Tensor, values: Values) -> Tensor:
    kernel = values["conv.weight"].flatten()
    half, channels = len(kernel) // 2, x.shape[1]
    z = [sum(x[:, c].flatten(1).unbind(1)) / x[0, 0].numel() for c in range(channels)]
    gated = []
    for c in range(channels):
        mixed = torch.zeros(len(x), dtype=x.dtype)
        for tap in range(len(kernel)):
            neighbour = c + tap - half
            if 0 <= neighbour < channels:  # zeros beyond both ends
                mixed = mixed + kernel[tap] * z[neighbour]
        gated.append(x[:, c] / (1 + torch.exp(-mixed)).view(-1, 1, 1))
    return torch.stack(gated, 1)


@pytest.mark.parametrize(
    ("channels", "kernel_size"),
    [(5, 1), (5, 3), (5, 5), (5, 7), (5, 9), (3, 21), (1, 3)],  # most kernels leave the axis
)
@pytest.mark.parametrize("size", [(3, 4), (1, 1)])
def test_equals_the_formula(channels: int, kernel_size: int, size: tuple[int, int]) -> None:
    module = scramble(create("eca", channels, kernel_size=kernel_size))
    x = Case("eca", channels=channels, size=size).maps(samples=2)
    assert_equals_reference(module, _with_zeros_for_unused_taps, x)


def _with_zeros_for_unused_taps(x: Tensor, values: Values) -> Tensor:
    # Taps that no channel meets are in no term of the formula: their gradient is 0, not none.
    return formula(x, values) + 0 * values["conv.weight"].sum()


def test_kernel_of_one_gates_each_channel_by_its_own_mean() -> None:
    module, x = scramble(Case("eca", options={"kernel_size": 1}).build()), Case("eca").maps()
    gate = torch.sigmoid(module.conv.weight.item() * x.mean((2, 3), keepdim=True))
    torch.testing.assert_close(module(x), x * gate)


def test_a_zero_kernel_halves() -> None:
    module, x = Case("eca").build(), Case("eca").maps()
    nn.init.zeros_(module.conv.weight)
    assert torch.equal(module(x), x / 2)


def test_a_channel_is_seen_by_its_neighbours_only() -> None:
    module, x = EfficientChannelAttention(8, kernel_size=3), Case("eca").maps()
    changed = x.clone()
    changed[:, 4] += 1
    differs = (module(x) != module(changed)).flatten(2).any(2).any(0)
    assert differs.tolist() == [False, False, False, True, True, True, False, False]


@pytest.mark.parametrize(
    ("kernel_size", "channels"),
    [
        (1, [1, 2, 4]),
        (3, [8, 16, 32, 48, 64, 96, 112]),
        (5, [128, 192, 256, 512, 1024, 1280]),
        (7, [2048, 4096]),
    ],
)
def test_adaptive_rule_is_that_of_the_papers_figure(kernel_size: int, channels: list[int]) -> None:
    assert {adaptive_kernel_size(count) for count in channels} == {kernel_size}
    assert {tuple(resolve_options("eca", {}, count).items()) for count in channels} == {
        (("kernel_size", kernel_size),)
    }


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2, 3.7])
@pytest.mark.parametrize("b", [-4.5, 0, 1, 6])
def test_adaptive_kernels_are_odd(gamma: float, b: float) -> None:
    for channels in range(1, 600, 7):
        size = adaptive_kernel_size(channels, gamma, b)
        assert size % 2 == 1
        assert size >= 1


def test_parameters_are_the_taps() -> None:
    assert sum(p.numel() for p in create("eca", 64, kernel_size=3).parameters()) == 3

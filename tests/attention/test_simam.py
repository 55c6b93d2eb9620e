import math

import pytest
import torch
from torch import Tensor

from nasattn.attention import create
from nasattn.testing.attention import AttentionSuite, Case, Values, assert_equals_reference

SIGMOID_OF_HALF = 1 / (1 + math.exp(-0.5))


class TestSimam(AttentionSuite):
    @pytest.fixture
    def case(self) -> Case:
        return Case("simam")


def formula(x: Tensor, _: Values, e_lambda: float = 1e-4) -> Tensor:
    def gated(channel: Tensor) -> Tensor:
        pixels = list(channel.flatten())
        mean = sum(pixels) / len(pixels)
        variance = sum((pixel - mean) ** 2 for pixel in pixels) / (len(pixels) - 1)
        energies = [(pixel - mean) ** 2 / (4 * (variance + e_lambda)) + 0.5 for pixel in pixels]
        values = [p / (1 + torch.exp(-e)) for p, e in zip(pixels, energies, strict=True)]
        return torch.stack(values).view(channel.shape)

    return torch.stack([torch.stack([gated(channel) for channel in sample]) for sample in x])


@pytest.mark.parametrize("size", [(3, 4), (1, 2), (2, 1)])
@pytest.mark.parametrize("e_lambda", [1e-4, 0.5])
def test_equals_the_formula(e_lambda: float, size: tuple[int, int]) -> None:
    case = Case("simam", channels=5, size=size, options={"e_lambda": e_lambda})
    assert_equals_reference(
        case.build(), lambda x, values: formula(x, values, e_lambda), case.maps(samples=2)
    )


@pytest.mark.parametrize("size", [(4, 5), (1, 1)])
def test_constant_maps_have_one_gate_even_of_one_pixel(size: tuple[int, int]) -> None:
    x = torch.tensor([2.0, -3.0]).view(1, 2, 1, 1).expand(1, 2, *size).clone().requires_grad_()
    y = create("simam", 2)(x)
    torch.testing.assert_close(y, x * SIGMOID_OF_HALF)
    y.sum().backward()
    torch.testing.assert_close(x.grad, torch.full_like(x, SIGMOID_OF_HALF))


def test_a_large_lambda_leaves_no_difference_between_pixels() -> None:
    x = Case("simam").maps(dtype=torch.float64)
    torch.testing.assert_close(create("simam", 8, e_lambda=1e12)(x), x * SIGMOID_OF_HALF)


def test_energies_of_a_channel_add_up_to_its_degrees_of_freedom() -> None:
    x = Case("simam").maps(dtype=torch.float64)
    gates = create("simam", 8, e_lambda=1e-14)(x) / x
    totals = (torch.logit(gates) - 0.5).sum((2, 3))
    torch.testing.assert_close(totals, torch.full_like(totals, (6 * 6 - 1) / 4))


def test_gates_see_distances_from_the_mean_only() -> None:
    module, x = create("simam", 8), Case("simam").maps(dtype=torch.float64)
    gates = module(x) / x
    torch.testing.assert_close(module(x + 5) / (x + 5), gates)
    torch.testing.assert_close(module(-x) / -x, gates)
    torch.testing.assert_close(module(x.roll((1, 2), (2, 3))), module(x).roll((1, 2), (2, 3)))


def test_half_precision_does_not_overflow_in_the_sum_of_squares() -> None:
    x = 100 * Case("simam").maps()
    y = create("simam", 8)(x.half())
    torch.testing.assert_close(y.float(), create("simam", 8)(x), rtol=5e-3, atol=5e-2)


def test_there_is_nothing_to_train() -> None:
    assert not create("simam", 64).state_dict()

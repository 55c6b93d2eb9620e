"""FLOPs of attention modules, counted by hand from their formulas."""

import pytest

from nasattn import attention
from nasattn.cost import measure_cost

C, H, W = 32, 6, 5
PIXELS = H * W
MAP = C * PIXELS


def flops(module: str, **options: int) -> int:
    return measure_cost(attention.create(module, C, (H, W), **options), (C, H, W)).flops


@pytest.mark.parametrize("dilation", [1, 4])
def test_bam(dilation: int) -> None:
    hidden = C // 16
    fully_connected = MAP + C * hidden + 2 * hidden + hidden + hidden * C  # mean, W1, BN, ReLU, W2
    reduced = PIXELS * (C * hidden + 2 * hidden + hidden)  # 1x1, BN, ReLU
    dilated = PIXELS * (9 * hidden * hidden + 2 * hidden + hidden)
    spatial = reduced + 2 * dilated + PIXELS * hidden
    # Product of both, sigmoid, plus 1, times the map.
    assert flops("bam", dilation=dilation) == fully_connected + spatial + 4 * MAP


@pytest.mark.parametrize("kernel_size", [3, 7])
def test_triplet(kernel_size: int) -> None:
    planes = C * W + H * C + H * W
    pools = 3 * 2 * MAP  # maximum and mean over each axis
    gates = planes * (2 * kernel_size**2 + 2 + 1 + 1)  # convolution, BN, sigmoid, a third
    # Two sums of gates, times the map.
    assert flops("triplet", kernel_size=kernel_size) == pools + gates + 3 * MAP


def test_fca() -> None:
    hidden, filters = C // 16, C * 7 * 7  # maps of 6x5 are pooled to 7x7
    gate = C * hidden + hidden + hidden * C + C  # W1, ReLU, W2, sigmoid
    assert flops("fca") == MAP + 2 * filters + gate + MAP
    larger = measure_cost(attention.create("fca", C, (8, 9)), (C, 8, 9))
    assert larger.flops == 3 * C * 8 * 9 + gate  # product with the filters, sum, gating


def test_simam() -> None:
    # Mean, difference, square, sum, quotient, plus 0.5, sigmoid, times the map; of each
    # channel the variance, plus lambda, times 4.
    assert flops("simam") == 8 * MAP + 3 * C


def test_coord() -> None:
    hidden, length = 8, H + W
    mixed = length * (C * hidden + 2 * hidden + hidden)  # W1, BN, hardswish
    gates = length * (hidden * C + C)  # Wh or Ww, sigmoid
    assert flops("coord") == 2 * MAP + mixed + gates + 2 * MAP

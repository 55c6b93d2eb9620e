"""The cost of every attention module, by closed formulas in the map's shape.

E is the number of elements of the map, P of its pixels, h of the hidden channels.
"""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasattn import attention
from nasattn.cost import Totals, measure_cost, module_cost
from nasattn.errors import UserError

Size = tuple[int, int]
CHANNELS, RATIOS = st.integers(1, 40), st.integers(1, 20)
SIZES = st.tuples(st.integers(2, 9), st.integers(2, 9))
ODD = st.sampled_from([1, 3, 5, 7])
some = settings(max_examples=12)


def counted(name: str, channels: int, size: Size, **options: object) -> Totals:
    found = measure_cost(attention.create(name, channels, size, **options), (channels, *size))
    return Totals(found.params, found.norm_statistics, found.flops, found.flops_stock)


def elements(channels: int, size: Size) -> int:
    return channels * size[0] * size[1]


@some
@given(c=CHANNELS, size=SIZES)
def test_gct_l2(c: int, size: Size) -> None:
    e = elements(c, size)
    embedding = 2 * e + 3 * c  # square, sum over the map; plus eps, root, times alpha
    norm = 2 * c + 2 + c  # square, mean over the channels; plus eps, root of one; quotient
    gate = 4 * c  # times gamma, plus beta, tanh, plus 1
    found = counted("gct", c, size)
    assert found == Totals(params=3 * c, flops=embedding + norm + gate + e)


@some
@given(c=CHANNELS, size=SIZES, after_relu=st.booleans())
def test_gct_l1(*, c: int, size: Size, after_relu: bool) -> None:
    e = elements(c, size)
    embedding = (0 if after_relu else e) + e + c  # magnitude, sum over the map; times alpha
    norm = 2 * c + 1 + c  # magnitude, mean over the channels; plus eps; quotient
    found = counted("gct", c, size, mode="l1", after_relu=after_relu)
    assert found == Totals(params=3 * c, flops=embedding + norm + 4 * c + e)


@some
@given(c=CHANNELS, size=SIZES, ratio=RATIOS, bias=st.booleans())
def test_atac(*, c: int, size: Size, ratio: int, bias: bool) -> None:
    ratio = min(ratio, c)
    h, e = c // ratio, elements(c, size)
    hidden = elements(h, size)
    # Two 1×1 convolutions, each with a batch norm; a ReLU between; a sigmoid and a product.
    stock = 2 * c * hidden + 2 * hidden + 2 * e
    assert counted("atac", c, size, ratio=ratio, bias=bias) == Totals(
        params=2 * c * h + 2 * (h + c) + bias * (h + c),
        norm_statistics=2 * (h + c),
        flops=stock + hidden + 2 * e,
        flops_stock=stock,
    )


@some
@given(c=CHANNELS, size=SIZES, k=ODD)
def test_eca(c: int, size: Size, k: int) -> None:
    e = elements(c, size)
    # Mean over the map, k taps for each channel; a sigmoid, a product with the map.
    stock = e + k * c
    assert counted("eca", c, size, kernel_size=k) == Totals(
        params=k, flops=stock + c + e, flops_stock=stock
    )


def nam_part(e: int, features: int) -> Totals:
    """Batch norm; magnitudes of its scales, their sum, quotients; weighted, sigmoid, product."""
    return Totals(2 * features, 2 * features, 2 * e + 3 * features + 3 * e, 2 * e)


@some
@given(c=CHANNELS, size=SIZES, attend=st.sampled_from(["channel", "spatial", "both"]))
def test_nam(c: int, size: Size, attend: str) -> None:
    e, pixels = elements(c, size), size[0] * size[1]
    channel, spatial = nam_part(e, c), nam_part(e, pixels)
    parts = {"channel": channel, "spatial": spatial, "both": channel + spatial}
    assert counted("nam", c, size, attend=attend) == parts[attend]


@some
@given(c=CHANNELS, size=SIZES, ratio=RATIOS, side=st.none() | st.integers(1, 9))
def test_ortho(c: int, size: Size, ratio: int, side: int | None) -> None:
    ratio = min(ratio, c)
    h, e = round(c / ratio), elements(c, size)
    filters = e if side is None else elements(c, (side, side))
    # Filters of another size than the map see an average pool of it.
    pooling = 0 if side is None or (side, side) == size else e
    stock = pooling + 2 * c * h
    options = {} if side is None else {"filter_size": side}
    assert counted("ortho", c, size, ratio=ratio, **options) == Totals(
        params=2 * c * h,
        flops=stock + 2 * filters + h + c + e,  # product and sum; ReLU, sigmoid, product
        flops_stock=stock,
    )


@some
@given(c=CHANNELS, size=SIZES, ratio=RATIOS)
def test_se(c: int, size: Size, ratio: int) -> None:
    ratio = min(ratio, c)
    h, e = c // ratio, elements(c, size)
    stock = e + 2 * c * h  # mean over the map, two linear layers
    assert counted("se", c, size, ratio=ratio) == Totals(
        params=2 * c * h, flops=stock + h + c + e, flops_stock=stock
    )


@some
@given(c=CHANNELS, size=SIZES, ratio=RATIOS, k=ODD)
def test_cbam(c: int, size: Size, ratio: int, k: int) -> None:
    ratio = min(ratio, c)
    h, e, pixels = c // ratio, elements(c, size), size[0] * size[1]
    mlp = 2 * c * h  # twice, for means and maxima; biases are free
    by_channel = 2 * e + 2 * (mlp + h) + 2 * c + e  # mean, maximum; sum, sigmoid; product
    by_pixel = 2 * e + 2 * k * k * pixels + 2 * pixels + pixels + e
    assert counted("cbam", c, size, ratio=ratio, kernel_size=k) == Totals(
        params=2 * c * h + h + c + 2 * k * k + 2,
        norm_statistics=2,
        flops=by_channel + by_pixel,
        flops_stock=e + 2 * mlp + 2 * k * k * pixels + 2 * pixels,
    )


TRIED: Mapping[str, tuple[object, object]] = {
    "nam.penalty": (1e-5, 0.5),
    "gct.eps": (1e-8, 0.1),
    "ortho.seed": (0, 12345),
    "simam.e_lambda": (1e-6, 0.1),
}


def unpriced() -> list[tuple[str, str]]:
    return [
        (entry.name, item.name)
        for entry in attention.ENTRIES.values()
        for item in entry.hyperparameters
        if not item.priced
    ]


@pytest.mark.parametrize(("module", "name"), unpriced())
def test_no_cost_depends_on_a_hyperparameter_without_a_price(module: str, name: str) -> None:
    one, other = (
        counted(module, 16, (5, 4), **{name: value}) for value in TRIED[f"{module}.{name}"]
    )
    assert one == other == module_cost(module, (), 16, (5, 4))


def test_a_ratio_that_leaves_nothing_is_refused_before_it_is_counted() -> None:
    with pytest.raises(UserError, match="leaves no hidden channel"):
        module_cost("se", (("ratio", 17),), 16, (4, 4))

import pytest
import torch
from torch import Tensor, nn

from nasattn.attention import create, resolve_options
from nasattn.attention.bam import SampleNorm
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


class TestBam(AttentionSuite):
    @pytest.fixture(params=[{}, {"dilation": 1}])
    def case(self, request: pytest.FixtureRequest) -> Case:
        return Case("bam", options={"ratio": 2, **request.param})


def formula(dilation: int, *, train: bool) -> Reference:
    def normed(x: Tensor, values: Values, name: str) -> Tensor:
        y = batch_norm(x, 1, values, name, train=train)
        return torch.where(y > 0, y, 0.0)

    def linear(z: Tensor, values: Values, name: str) -> Tensor:
        return z @ values[f"{name}.weight"].T + values[f"{name}.bias"]

    def conv(x: Tensor, values: Values, name: str, dilation: int = 1) -> Tensor:
        bias = values[f"{name}.bias"].view(1, -1, 1, 1)
        return convolve(x, values[f"{name}.weight"], dilation) + bias

    def reference(x: Tensor, values: Values) -> Tensor:
        z = x.flatten(2).sum(2) / (x.shape[2] * x.shape[3])
        hidden = normed(linear(z, values, "channel.0"), values, "channel.1")
        m_c = linear(hidden, values, "channel.3")
        s = normed(conv(x, values, "spatial.0"), values, "spatial.1")
        s = normed(conv(s, values, "spatial.3", dilation), values, "spatial.4")
        s = normed(conv(s, values, "spatial.6", dilation), values, "spatial.7")
        m_s = conv(s, values, "spatial.9")
        return x * (1 + 1 / (1 + torch.exp(-m_c[:, :, None, None] * m_s)))

    return reference


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("dilation", [1, 2, 4])
@pytest.mark.parametrize("size", [(5, 6), (1, 1), (1, 3)])
def test_equals_the_formula(size: tuple[int, int], dilation: int, train: bool) -> None:  # noqa: FBT001 - pytest's
    case = Case("bam", 6, size, {"ratio": 2, "dilation": dilation})
    module = scramble(case.build()).train(train)
    assert_equals_reference(module, formula(dilation, train=train), case.maps())


@pytest.mark.parametrize(("bias", "factor"), [(0.0, 1.5), (-200.0, 1.0), (200.0, 2.0)])
def test_a_gate_that_sees_nothing_is_a_constant(bias: float, factor: float) -> None:
    module, x = create("bam", 8, ratio=2).eval(), Case("bam").maps()
    for layer, value in ((module.channel[-1], 1.0), (module.spatial[-1], bias)):
        nn.init.zeros_(layer.weight)
        nn.init.constant_(layer.bias, value)
    assert torch.equal(module(x), factor * x)


def test_the_product_of_both_parts_is_gated() -> None:
    module = scramble(create("bam", 8, ratio=2)).double().eval()
    x = Case("bam").maps(dtype=torch.float64)
    exponents = torch.logit(module(x) / x - 1)
    crossed = exponents[:, :1] * exponents[:, :, :1, :1] / exponents[:, :1, :1, :1]
    torch.testing.assert_close(exponents, crossed, rtol=1e-5, atol=1e-7)


def test_a_lone_sample_in_training_is_normed_as_in_evaluation() -> None:
    norm = scramble(SampleNorm(4))
    z = torch.randn(1, 4)
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    assert torch.equal(norm.train()(z), norm.eval()(z))
    assert all(torch.equal(before[name], value) for name, value in norm.state_dict().items())
    twin = scramble(nn.BatchNorm1d(4))
    several = torch.randn(3, 4)
    assert torch.equal(norm.train()(several), twin.train()(several))
    assert torch.equal(norm.running_var, twin.running_var)


@pytest.mark.parametrize(
    ("size", "dilation", "canonical"),
    [((8, 8), 4, 4), ((4, 4), 4, 4), ((2, 2), 4, 2), ((2, 3), 9, 3), ((1, 1), 4, 1), (None, 9, 9)],
)
def test_dilations_beyond_the_map_are_one(
    size: tuple[int, int] | None, dilation: int, canonical: int
) -> None:
    resolved = resolve_options("bam", {"dilation": dilation}, 64, size)
    assert resolved == {"ratio": 16, "dilation": canonical}


def test_trainable_parameters() -> None:
    fully_connected = (64 * 4 + 4) + 2 * 4 + (4 * 64 + 64)
    dilated = 4 * 4 * 9 + 4 + 2 * 4
    spatial = (64 * 4 + 4) + 2 * 4 + 2 * dilated + (4 + 1)
    assert sum(p.numel() for p in create("bam", 64).parameters()) == fully_connected + spatial

import pytest
import torch
from torch import Tensor, nn

from nasattn.attention import create
from nasattn.testing.attention import (
    AttentionSuite,
    Case,
    Values,
    assert_equals_reference,
    scramble,
)


class TestSe(AttentionSuite):
    @pytest.fixture
    def case(self) -> Case:
        return Case("se", options={"ratio": 2})


def formula(x: Tensor, values: Values) -> Tensor:
    w1, w2 = values["squeeze.weight"], values["excite.weight"]
    samples = []
    for sample in x:
        z = [sum(channel.flatten()) / channel.numel() for channel in sample]
        inner = [sum(w * v for w, v in zip(row, z, strict=True)) for row in w1]
        hidden = [torch.where(value > 0, value, 0.0) for value in inner]
        outer = [sum(w * v for w, v in zip(row, hidden, strict=True)) for row in w2]
        gated = [c / (1 + torch.exp(-v)) for c, v in zip(sample, outer, strict=True)]
        samples.append(torch.stack(gated))
    return torch.stack(samples)


@pytest.mark.parametrize("size", [(2, 3), (1, 1)])
@pytest.mark.parametrize("ratio", [1, 2, 7])
def test_equals_the_formula(ratio: int, size: tuple[int, int]) -> None:
    case = Case("se", channels=7, size=size, options={"ratio": ratio})
    assert_equals_reference(scramble(case.build()), formula, case.maps())


def test_zero_weights_halve() -> None:
    module, x = create("se", 8, ratio=2), Case("se").maps()
    nn.init.zeros_(module.excite.weight)
    assert torch.equal(module(x), x / 2)


def test_gate_does_not_depend_on_where_a_value_is() -> None:
    module = scramble(Case("se", options={"ratio": 2}).build()).double()
    x = Case("se").maps(dtype=torch.float64)
    torch.testing.assert_close(module(x.roll((1, 2), (2, 3))), module(x).roll((1, 2), (2, 3)))


def test_trainable_parameters() -> None:
    assert sum(p.numel() for p in create("se", 64).parameters()) == 2 * 64 * 4

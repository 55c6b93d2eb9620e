import pytest
import torch
from torch import Tensor, nn

from nasattn.attention import GatedChannelTransformation
from nasattn.testing.attention import (
    AttentionSuite,
    Case,
    Reference,
    Values,
    assert_equals_reference,
    scramble,
)


class TestGct(AttentionSuite):
    without_first_gradient = frozenset({"alpha"})

    @pytest.fixture(params=[{}, {"mode": "l1"}, {"mode": "l1", "after_relu": True}])
    def case(self, request: pytest.FixtureRequest) -> Case:
        return Case("gct", options=request.param)

    def test_is_the_identity_at_initialisation(self, case: Case) -> None:
        assert torch.equal(case.build()(case.maps()), case.maps())

    def test_gate_goes_from_nothing_to_twice(self, case: Case) -> None:
        module, x = case.build(), case.maps()
        for beta, factor in ((-50.0, 0), (50.0, 2)):
            nn.init.constant_(module.beta, beta)
            assert torch.equal(module(x), factor * x)


def formula_l2(eps: float) -> Reference:
    def reference(x: Tensor, values: Values) -> Tensor:
        alpha, gamma, beta = (values[key].flatten() for key in ("alpha", "gamma", "beta"))
        samples = []
        for sample in x:
            e = [
                alpha[c] * (sum(v * v for v in sample[c].flatten()) + eps) ** 0.5 for c in range(4)
            ]
            scale = (sum(value * value for value in e) / 4 + eps) ** 0.5
            gates = [1 + torch.tanh(gamma[c] * e[c] / scale + beta[c]) for c in range(4)]
            samples.append(torch.stack([sample[c] * gates[c] for c in range(4)]))
        return torch.stack(samples)

    return reference


def formula_l1(eps: float, *, signed: bool) -> Reference:
    def reference(x: Tensor, values: Values) -> Tensor:
        alpha, gamma, beta = (values[key].flatten() for key in ("alpha", "gamma", "beta"))
        samples = []
        for sample in x:
            sums = [sum(v if signed else v.abs() for v in sample[c].flatten()) for c in range(4)]
            e = [alpha[c] * sums[c] for c in range(4)]
            scale = sum(value.abs() for value in e) / 4 + eps
            gates = [1 + torch.tanh(gamma[c] * e[c] / scale + beta[c]) for c in range(4)]
            samples.append(torch.stack([sample[c] * gates[c] for c in range(4)]))
        return torch.stack(samples)

    return reference


# With eps = 3 a wrong place of eps shows; with the default it would be lost in rounding.
@pytest.mark.parametrize("eps", [1e-5, 3.0])
@pytest.mark.parametrize("mode", ["l2", "l1", "l1 after_relu"])
def test_equals_the_formula(mode: str, eps: float) -> None:
    case = Case("gct", channels=4, size=(2, 3))
    options = {"mode": mode[:2], "after_relu": mode.endswith("after_relu"), "eps": eps}
    reference = formula_l2(eps) if mode == "l2" else formula_l1(eps, signed=options["after_relu"])
    module = scramble(GatedChannelTransformation(4, **options))
    assert_equals_reference(module, reference, case.maps(samples=2))


def test_after_relu_changes_nothing_on_maps_without_negative_values() -> None:
    x = Case("gct").maps().relu()
    plain, trusting = (
        scramble(GatedChannelTransformation(8, mode="l1", after_relu=flag))
        for flag in (False, True)
    )
    assert torch.equal(plain(x), trusting(x))
    assert not torch.allclose(plain(x - 1), trusting(x - 1))


def test_gate_does_not_depend_on_the_scale_of_the_map() -> None:
    module = scramble(Case("gct").build()).double()
    x = Case("gct").maps(dtype=torch.float64) * 1e3
    torch.testing.assert_close(module(7 * x), 7 * module(x))


def test_a_single_channel_sees_the_sign_of_alpha_only() -> None:
    module = scramble(GatedChannelTransformation(1)).double()
    x = Case("gct", channels=1).maps(dtype=torch.float64)
    gate = 1 + torch.tanh(module.gamma * module.alpha.sign() + module.beta)
    torch.testing.assert_close(module(x), x * gate, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("mode", ["l2", "l1"])
def test_sums_over_large_half_precision_maps_stay_finite(mode: str, dtype: torch.dtype) -> None:
    module = scramble(GatedChannelTransformation(3, mode=mode))
    x = torch.full((1, 3, 112, 112), 300.0)  # the squares sum to 1.1e9; float16 ends at 65,504
    for gate in (module, module.to(dtype)):
        y = gate(x.to(dtype))
        assert y.dtype == dtype
        torch.testing.assert_close(y.float(), module.float()(x), rtol=0.02, atol=0.1)
        module.to(dtype)


def test_parameters_have_the_shape_of_the_paper() -> None:
    shapes = {name: p.shape for name, p in Case("gct", channels=5).build().named_parameters()}
    assert shapes == dict.fromkeys(("alpha", "gamma", "beta"), torch.Size([1, 5, 1, 1]))

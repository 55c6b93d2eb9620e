import pytest
import torch
from torch import Tensor, nn

from nasattn.attention import NormalizationAttention, create, resolve_options
from nasattn.errors import UserError
from nasattn.testing.attention import (
    AttentionSuite,
    Case,
    Reference,
    Values,
    assert_equals_reference,
    batch_norm,
    scramble,
)

ATTEND = ["channel", "spatial", "both"]


class TestNam(AttentionSuite):
    @pytest.fixture(params=ATTEND)
    def case(self, request: pytest.FixtureRequest) -> Case:
        return Case("nam", options={"attend": request.param})


def channel_formula(x: Tensor, values: Values, prefix: str, *, train: bool) -> Tensor:
    gamma = values[f"{prefix}.weight"].detach()
    weights = torch.stack([g.abs() / sum(other.abs() for other in gamma) for g in gamma])
    normed = batch_norm(x, 1, values, prefix, train=train)
    return x / (1 + torch.exp(-weights.view(1, -1, 1, 1) * normed))


def spatial_formula(x: Tensor, values: Values, prefix: str, *, train: bool) -> Tensor:
    """Turn pixels into channels, then it is the channel formula on maps of C x 1."""
    pixels = x.flatten(2).transpose(1, 2).unsqueeze(3)
    gated = channel_formula(pixels, values, prefix, train=train)
    return gated.squeeze(3).transpose(1, 2).unflatten(2, x.shape[2:])


def formula(attend: str, *, train: bool) -> Reference:
    def reference(x: Tensor, values: Values) -> Tensor:
        if attend == "channel":
            return channel_formula(x, values, "gates.0.bn", train=train)
        if attend == "spatial":
            return spatial_formula(x, values, "gates.0.bn", train=train)
        channelled = channel_formula(x, values, "gates.0.bn", train=train)
        return spatial_formula(channelled, values, "gates.1.bn", train=train)

    return reference


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("size", [(2, 3), (1, 1)])
@pytest.mark.parametrize("attend", ATTEND)
def test_equals_the_formula(attend: str, size: tuple[int, int], train: bool) -> None:  # noqa: FBT001 - pytest's
    case = Case("nam", channels=4, size=size, options={"attend": attend})
    module = scramble(case.build()).train(train)
    assert_equals_reference(module, formula(attend, train=train), case.maps())


def test_only_the_gradient_of_gamma_shows_that_the_normaliser_is_detached() -> None:
    x = Case("nam").maps(dtype=torch.float64)
    module = scramble(Case("nam").build()).double().train()
    norm = module.gates[0].bn
    gamma, beta = (p.detach().clone().requires_grad_() for p in (norm.weight, norm.bias))
    values = {"bn.weight": gamma, "bn.bias": beta}
    share = (gamma.abs() / gamma.abs().sum()).view(1, -1, 1, 1)
    attached = x * torch.sigmoid(share * batch_norm(x, 1, values, "bn", train=True))
    torch.testing.assert_close(module(x), attached)
    attached.square().sum().backward()
    module(x).square().sum().backward()
    torch.testing.assert_close(norm.bias.grad, beta.grad)
    assert not torch.allclose(norm.weight.grad, gamma.grad, rtol=1e-3)


@pytest.mark.parametrize("attend", ATTEND)
def test_starts_as_the_sigmoid_of_the_mean_share(attend: str) -> None:
    case = Case("nam", channels=4, size=(2, 2), options={"attend": attend})
    x = case.maps(dtype=torch.float64)
    # As many pixels as channels: both shares are 1/4, the norms' eps leaves 1e-5 of the input.
    gated = case.build().double().eval()(x)
    once = x * torch.sigmoid(x / 4)
    expected = once * torch.sigmoid(once / 4) if attend == "both" else once
    torch.testing.assert_close(gated, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("attend", ATTEND)
def test_scales_that_are_all_zero_give_equal_shares_and_keep_their_gradient(attend: str) -> None:
    case = Case("nam", options={"attend": attend})
    module = case.build().train()
    for gate in module.gates:
        nn.init.zeros_(gate.bn.weight)
    y = module(case.maps())
    assert torch.equal(y, case.maps() / 2 ** len(module.gates))
    y.square().sum().backward()
    for gate in module.gates:
        assert gate.bn.weight.grad.isfinite().all()
        assert gate.bn.weight.grad.any()


def test_a_zero_scale_beside_others_halves_its_channel() -> None:
    module, x = scramble(Case("nam").build()).train(), Case("nam").maps()
    with torch.no_grad():
        module.gates[0].bn.weight[3] = 0
    assert torch.equal(module(x)[:, 3], x[:, 3] / 2)


def test_shares_do_not_depend_on_a_common_factor_of_the_scales() -> None:
    module = scramble(Case("nam").build()).double().eval()
    x = Case("nam").maps(dtype=torch.float64)
    norm = module.gates[0].bn
    nn.init.zeros_(norm.bias)
    unscaled = torch.logit(module(x) / x)
    norm.weight.data *= 3
    torch.testing.assert_close(torch.logit(module(x) / x), 3 * unscaled)  # through the norm only


@pytest.mark.parametrize("attend", ["spatial", "both"])
def test_spatial_part_names_the_size_that_it_lacks_or_gets(attend: str) -> None:
    for make in (create, lambda _, *args, **options: NormalizationAttention(*args, **options)):
        with pytest.raises(UserError, match=rf'nam.attend = "{attend}": needs the size'):
            make("nam", 8, attend=attend)
    with pytest.raises(UserError, match="needs the size"):
        resolve_options("nam", {"attend": attend}, 8, None)
    module = create("nam", 8, (6, 5), attend=attend)
    with pytest.raises(UserError, match=r"made for maps of 6x5 and got maps of 5x6"):
        module(torch.ones(2, 8, 5, 6))


@pytest.mark.parametrize("attend", ATTEND)
def test_penalty_is_p_times_the_l1_norm_of_all_scales(attend: str) -> None:
    options = {"attend": attend, "penalty": 0.25}
    module = scramble(Case("nam", options=options).build())
    scales = [gate.bn.weight for gate in module.gates]
    total = sum(abs(value) for scale in scales for value in scale.tolist())
    assert module.penalty_loss().item() == pytest.approx(0.25 * total)
    module.penalty_loss().backward()
    for scale in scales:
        assert torch.equal(scale.grad, 0.25 * scale.sign())
    assert all(gate.bn.bias.grad is None for gate in module.gates)


def test_penalty_has_no_gradient_at_zero() -> None:
    module = Case("nam").build()
    nn.init.zeros_(module.gates[0].bn.weight)
    module.penalty_loss().backward()
    assert not module.gates[0].bn.weight.grad.any()


@pytest.mark.parametrize(("attend", "count"), [("channel", 128), ("spatial", 2048), ("both", 2176)])
def test_trainable_parameters(attend: str, count: int) -> None:
    module = create("nam", 64, (32, 32), attend=attend)
    assert sum(p.numel() for p in module.parameters()) == count

import math
from copy import deepcopy

import pytest
import torch
from tiny_networks import Penalised, Tiny, TwoHeads
from torch.nn import functional as F

from nasattn.training import Optimizer, Recipe
from nasattn.training.learner import Learner

CPU = torch.device("cpu")
IMAGES, LABELS = torch.randn(6, 1, 8, 8), torch.tensor([0, 1, 2, 3, 0, 1])
STEP = Optimizer(lr=1.0, momentum=0.0)
PLAIN = Recipe(precision="fp32", optimizer=STEP, channels_last=False)


def test_a_penalty_adds_its_gradient() -> None:
    network = Tiny(gate=Penalised)
    gate = network.gate
    assert isinstance(gate, Penalised)
    before = gate.weight.detach().clone()
    Learner(network, PLAIN, CPU).step(IMAGES, LABELS, lr=0.25)
    # The weight acts on nothing else: all of its gradient is 0.5 · sign(weight).
    assert torch.allclose(gate.weight, before - 0.25 * 0.5 * before.sign())


def test_the_loss_is_cross_entropy_with_smoothing_and_penalties() -> None:
    penalised, plain = Tiny(gate=Penalised), Tiny()
    with torch.no_grad():
        logits = penalised(IMAGES)
    smooth = PLAIN.model_copy(update={"label_smoothing": 0.2})
    penalty = 0.5 * torch.linspace(-1, 1, 8).abs().sum()
    loss, _ = Learner(penalised, smooth, CPU).step(IMAGES, LABELS, lr=0.1)
    expected = 0.8 * F.cross_entropy(logits, LABELS) - 0.2 * F.log_softmax(logits, 1).mean()
    assert loss.item() == pytest.approx((expected + penalty).item(), rel=1e-5)
    with torch.no_grad():
        logits = plain(IMAGES)
    loss, hits = Learner(plain, PLAIN, CPU).step(IMAGES, LABELS, lr=0.1)
    assert loss.item() == pytest.approx(F.cross_entropy(logits, LABELS).item(), rel=1e-5)
    assert hits.item() == (logits.argmax(1) == LABELS).sum().item()


def test_of_several_outputs_the_first_is_trained() -> None:
    one, two = Tiny(), TwoHeads()
    two.load_state_dict(one.state_dict())
    losses = [
        Learner(network, PLAIN, CPU).step(IMAGES, LABELS, lr=0.1)[0] for network in (one, two)
    ]
    assert torch.equal(*losses)
    assert torch.equal(one.fc.weight, two.fc.weight)


def test_gradients_do_not_pile_up() -> None:
    learner = Learner(Tiny(), PLAIN, CPU)
    learner.step(IMAGES, LABELS, lr=0.1)
    assert all(parameter.grad is None for parameter in learner.network.parameters())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("channels_last", [True, False])
def test_weights_stay_float32(precision: str, *, channels_last: bool) -> None:
    changes = {"precision": precision, "channels_last": channels_last}
    learner = Learner(Tiny(), PLAIN.model_copy(update=changes), CPU)
    loss, _ = learner.step(IMAGES, LABELS, lr=0.1)
    assert loss.dtype == torch.float32
    assert all(parameter.dtype == torch.float32 for parameter in learner.network.parameters())


def test_the_averaged_network_is_evaluated_where_the_recipe_says_so() -> None:
    plain = Learner(Tiny(), PLAIN, CPU)
    assert plain.evaluated is plain.network
    averaged = Learner(Tiny(), PLAIN.model_copy(update={"ema_decay": 0.9}), CPU)
    averaged.step(IMAGES, LABELS, lr=0.1)
    averaged.step(IMAGES, LABELS, lr=0.1)
    assert averaged.evaluated is not averaged.network


def weights(network: torch.nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_gradients_are_scaled_down_to_the_norm(precision: str) -> None:
    torch.manual_seed(0)
    network = Tiny()
    before, lr = weights(network), 0.5
    moves = []
    for clip in (None, 1e6, 0.01):
        recipe = PLAIN.model_copy(update={"clip_grad_norm": clip, "precision": precision})
        learner = Learner(deepcopy(network), recipe, CPU)
        learner.step(IMAGES, LABELS, lr)
        moves.append(weights(learner.network) - before)
    free, loose, clipped = moves
    assert (free.norm() / lr).item() > 0.05
    assert torch.allclose(free, loose)
    assert (clipped.norm() / lr).item() == pytest.approx(0.01, rel=1e-3)
    cosine = F.cosine_similarity(free, clipped, dim=0)
    assert cosine.item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("clip", [None, 1.0])
def test_an_overflow_of_fp16_skips_a_step_and_its_loss_is_finite(clip: float | None) -> None:
    torch.manual_seed(0)
    changes = {"precision": "fp16", "clip_grad_norm": clip, "optimizer": STEP}
    learner = Learner(Tiny(), PLAIN.model_copy(update=changes), CPU)
    learner._scaler = torch.amp.GradScaler("cpu", init_scale=2.0**40)
    start = weights(learner.network)
    losses = []
    for _ in range(40):
        loss, _ = learner.step(IMAGES, LABELS, 0.01)
        losses.append(loss.item())
        if not torch.equal(weights(learner.network), start):
            break
    assert 2 < len(losses) < 40
    assert all(map(math.isfinite, losses))
    assert weights(learner.network).isfinite().all()


def test_the_average_that_is_evaluated_is_the_formulas() -> None:
    """Over weights and running statistics alike, from the weights of the first step on."""
    decay, averaged = 0.75, {}
    learner = Learner(Tiny(dropout=0.2), PLAIN.model_copy(update={"ema_decay": decay}), CPU)
    for step in range(4):
        learner.step(IMAGES, LABELS, 0.1)
        for key, value in learner.network.state_dict().items():
            if step == 0 or not value.is_floating_point():
                averaged[key] = value.double().clone()
            else:
                averaged[key] = decay * averaged[key] + (1 - decay) * value.double()
    found = learner.evaluated.state_dict()
    assert found.keys() == averaged.keys()
    for key, value in found.items():
        assert torch.allclose(value.double(), averaged[key], rtol=1e-5, atol=1e-7), key
    assert not torch.equal(found["bn1.running_mean"], learner.network.bn1.running_mean)  # type: ignore[union-attr, arg-type]  # it is a Tiny

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

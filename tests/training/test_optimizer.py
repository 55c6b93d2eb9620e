import pytest
import torch
from torch import Tensor, nn

from nasattn.training import Optimizer
from nasattn.training.optimizer import create_optimizer, set_lr


def after_step(settings: Optimizer, weight: float, gradients: list[float]) -> float:
    """The weight after steps with the given gradients."""
    module = nn.Linear(1, 1, bias=False).double()
    nn.init.constant_(module.weight, weight)
    optimizer = create_optimizer(module, settings)
    for gradient in gradients:
        module.weight.grad = torch.full_like(module.weight, gradient)
        optimizer.step()
    return module.weight.item()


def test_sgd_is_the_formula() -> None:
    plain = Optimizer(lr=0.1, momentum=0.0)
    assert after_step(plain, 1.0, [2.0]) == pytest.approx(1 - 0.1 * 2)
    momentum = Optimizer(lr=0.1, momentum=0.9)
    assert after_step(momentum, 1.0, [2.0, 2.0]) == pytest.approx(1 - 0.1 * 2 - 0.1 * 3.8)
    nesterov = Optimizer(lr=0.1, momentum=0.9, nesterov=True)
    assert after_step(nesterov, 1.0, [2.0]) == pytest.approx(1 - 0.1 * (2 + 0.9 * 2))


def test_weight_decay_is_as_asked() -> None:
    sgd = Optimizer(lr=0.1, momentum=0.0, weight_decay=0.5)
    assert after_step(sgd, 4.0, [0.0]) == pytest.approx(4 - 0.1 * 0.5 * 4)
    adamw = Optimizer(name="adamw", lr=0.1, weight_decay=0.5)
    assert after_step(adamw, 4.0, [0.0]) == pytest.approx(4 - 0.1 * 0.5 * 4)
    # Adam's L2 term is a gradient like any other: the first step is lr, whatever its size.
    adam = Optimizer(name="adam", lr=0.1, weight_decay=0.5)
    assert after_step(adam, 4.0, [0.0]) == pytest.approx(4 - 0.1)


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_a_rate_of_0_changes_nothing(name: str) -> None:
    settings = Optimizer.model_validate({"name": name, "lr": 0.1, "weight_decay": 0.1})
    module = nn.Linear(2, 2)
    before: Tensor = module.weight.detach().clone()
    optimizer = create_optimizer(module, settings)
    set_lr(optimizer, 0.0)
    module(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert torch.equal(module.weight, before)


def test_frozen_parameters_are_left_out() -> None:
    module = nn.Linear(2, 2)
    module.bias.requires_grad_(requires_grad=False)
    groups = create_optimizer(module, Optimizer()).param_groups
    assert [[p is module.weight for p in group["params"]] for group in groups] == [[True]]


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_a_parameter_may_have_its_first_gradient_late(name: str) -> None:
    """As the backbone after frozen epochs, or a block that is sometimes skipped."""
    settings = Optimizer.model_validate({"name": name, "lr": 0.1})
    module, late = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.constant_(module.weight, 1.0)
    nn.init.constant_(late.weight, 1.0)
    optimizer = create_optimizer(nn.ModuleList([module, late]), settings)
    for owners in ([module], [module, late]):
        for owner in owners:
            owner.weight.grad = torch.full_like(owner.weight, 2.0)
        optimizer.step()
        optimizer.zero_grad()
    for owner, gradients in ((module, [2.0, 2.0]), (late, [2.0])):
        expected = after_step(settings, 1.0, gradients)
        assert owner.weight.item() == pytest.approx(expected, rel=1e-6)

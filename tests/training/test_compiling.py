"""Training through torch.compile."""

from copy import deepcopy
from dataclasses import astuple

import pytest
import torch
from tiny_networks import Tiny

from nasattn.data import DataSpec, load
from nasattn.errors import FailedError, UserError
from nasattn.training import Optimizer, Recipe, deterministic, resolve_recipe, train
from nasattn.training.learner import Learner

CPU = torch.device("cpu")
RECIPE = Recipe(
    epochs=2, batch_size=32, optimizer=Optimizer(lr=0.05), precision="fp32", compile=True
)


def test_without_a_compiler_nothing_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(UserError) as caught:
        resolve_recipe(RECIPE, CPU)
    assert str(caught.value) == (
        "recipe.compile = true: needs a C++ compiler on CPUs, and no-such-compiler is not there; "
        "install it, name another one in CXX, or leave compile out"
    )
    assert not resolve_recipe(Recipe(), CPU).compile


@pytest.mark.slow
def test_a_failure_of_the_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the compiler broke\non line 2")

    monkeypatch.setattr("torch._inductor.compile_fx.compile_fx", fail)
    learner = Learner(Tiny(), RECIPE, CPU)
    with pytest.raises(FailedError) as caught:
        learner.step(torch.randn(4, 1, 8, 8), torch.tensor([0, 1, 2, 3]), 0.1)
    assert str(caught.value).startswith("recipe.compile = true: torch.compile failed: ")
    assert "the compiler broke" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, {"ema_decay": 0.5, "precision": "bf16"}])
def test_a_compiled_training_is_the_same_to_rounding(changes: dict[str, object]) -> None:
    splits = load(DataSpec(name="fake"), (1, 12, 12))
    torch.manual_seed(0)
    networks = [Tiny(), Tiny(), Tiny()]
    for network in networks[1:]:
        network.load_state_dict(networks[0].state_dict())
    keys = list(networks[0].state_dict())
    curves = []
    for network, compiled in zip(networks, (True, True, False), strict=True):
        recipe = RECIPE.model_copy(update={**changes, "compile": compiled})
        with deterministic(threads=1):
            steps = train(network, splits, recipe, seed=0, device=CPU, check=lambda: None)
            curves.append([astuple(epoch)[:6] for epoch in steps])
    assert curves[0] == curves[1]
    for one, two in zip(curves[0], curves[2], strict=True):
        assert one == pytest.approx(two, rel=0.05 if changes else 1e-3)
    assert [list(network.state_dict()) for network in networks] == [keys] * 3
    assert deepcopy(networks[0])(torch.randn(2, 1, 12, 12)).shape == (2, 4)

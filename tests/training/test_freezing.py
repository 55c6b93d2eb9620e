"""Attention alone for some epochs, then everything."""

import json
from copy import deepcopy

import pytest
import torch
from tiny_networks import Tiny
from torch import Tensor, nn

import nasattn
from nasattn.data import DataSpec, Splits, load
from nasattn.placement.marking import mark
from nasattn.training import Epoch, Optimizer, Recipe, deterministic, evaluate, train
from nasattn.training.freezing import backbone_modules
from nasattn.training.learner import Learner

CPU = torch.device("cpu")
OPTIMIZER = Optimizer(lr=0.05, weight_decay=0.1)
RECIPE = Recipe(epochs=3, batch_size=32, freeze_epochs=2, optimizer=OPTIMIZER, precision="fp32")
IMAGES, LABELS = torch.randn(6, 3, 8, 8), torch.tensor([0, 1, 2, 3, 0, 1])


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load(DataSpec(name="fake"), (3, 8, 8))


def placed(*placements: tuple[str, str, str]) -> nn.Module:
    found = [
        {"slot": slot, "at": at, "module": module, "options": {}} for slot, at, module in placements
    ]
    values = {
        "backbone": "resnet8",
        "backbone_args": {"width": 4},
        "input_shape": [3, 8, 8],
        "placements": found,
    }
    architecture = nasattn.Architecture.parse(json.dumps(values))
    return nasattn.build(architecture, num_classes=4, seed=0)


GATED = (
    ("before_conv", "layer1.0.conv1", "gct"),
    ("block_end", "layer2.0.add", "nam"),
    ("activation", "layer3.0.relu", "atac"),
)


def is_attention(name: str) -> bool:
    return ".slots." in name


def changed(before: dict[str, Tensor], network: nn.Module) -> set[str]:
    return {k for k, v in network.state_dict().items() if not torch.equal(v, before[k])}


def run(network: nn.Module, splits: Splits, recipe: Recipe) -> tuple[list[Epoch], list[set[str]]]:
    """Train; return the curve and, for each epoch, the keys of what it changed."""
    curve, differences = [], []
    with deterministic(threads=1):
        before = deepcopy(network.state_dict())
        for epoch in train(network, splits, recipe, seed=0, device=CPU, check=lambda: None):
            curve.append(epoch)
            differences.append(changed(before, network))
            before = deepcopy(network.state_dict())
    return curve, differences


def test_attention_alone_changes_then_everything(splits: Splits) -> None:
    network = placed(*GATED)
    keys = set(network.state_dict())
    attention = {key for key in keys if is_attention(key)}
    assert len(attention) > 15
    _, differences = run(network, splits, RECIPE)
    # Parameters, running statistics and counts of batches: all of attention, nothing else.
    assert differences[:2] == [attention, attention]
    assert differences[2] == keys
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_the_backbone_is_the_function_that_it_is_in_evaluation() -> None:
    """Its BatchNorm uses the running statistics, and it drops nothing out."""
    network = Tiny(channels=3, dropout=0.5)
    network.gate = nn.Dropout(0.0)  # the only attention: the identity
    mark(network.gate, "block_end:gate")
    with torch.no_grad():
        for norm in (network.bn1, network.bn2):
            norm.running_mean.uniform_(-1, 1)
            norm.running_var.uniform_(0.5, 2)
        expected = nn.functional.cross_entropy(network.eval()(IMAGES), LABELS)
    learner = Learner(network, RECIPE, CPU)
    learner.start_epoch(1)
    assert network.gate.training
    loss, _ = learner.step(IMAGES, LABELS, 0.1)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    learner.start_epoch(3)
    assert all(module.training for module in network.modules())


def test_the_bare_backbone_stays_as_it_is(splits: Splits) -> None:
    network = placed()
    keys = set(network.state_dict())
    before = evaluate(deepcopy(network), splits.validation, splits, RECIPE, CPU)
    curve, differences = run(network, splits, RECIPE)
    assert differences == [set(), set(), keys]
    for epoch in curve[:2]:
        assert (epoch.accuracy, epoch.validation_loss) == (before.accuracy, before.loss)


@pytest.mark.parametrize("changes", [{"ema_decay": 0.9}, {"clip_grad_norm": 1.0}])
def test_other_settings_change_nothing_in_that(splits: Splits, changes: dict[str, object]) -> None:
    for network in (placed(), placed(GATED[0])):
        _, differences = run(network, splits, RECIPE.model_copy(update=changes))
        assert all(map(is_attention, differences[0] | differences[1]))


def test_what_the_user_froze_stays_frozen(splits: Splits) -> None:
    network = placed(GATED[0])
    stem = network.get_parameter("conv1.weight")
    stem.requires_grad_(requires_grad=False)
    _, differences = run(network, splits, RECIPE)
    assert "conv1.weight" not in set().union(*differences)
    assert not stem.requires_grad


def test_frozen_epochs_leave_no_momentum_behind() -> None:
    """The bare backbone's first step after them is the first step of a training without them."""
    weights = []
    for frozen in (2, 0):
        learner = Learner(placed(), RECIPE.model_copy(update={"freeze_epochs": frozen}), CPU)
        for epoch in range(1, frozen + 2):
            learner.start_epoch(epoch)
            learner.step(IMAGES, LABELS, 0.1)
        weights.append(learner.network.state_dict())
    assert not changed(weights[0], learner.network)


def test_a_backbone_is_all_but_placed_attention() -> None:
    bare, gated = placed(), placed(*GATED)
    names = {id(module): name for name, module in gated.named_modules()}
    own = {names[id(module)] for module in backbone_modules(gated)}
    assert own - {name for name, _ in bare.named_modules()} == {
        "layer1.0.slots",
        "layer2.0.slots",
        "layer3.0.slots",
    }
    assert len(backbone_modules(bare)) == len(list(bare.modules()))

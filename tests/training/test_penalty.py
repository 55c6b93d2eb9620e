"""NAM's penalty under a recipe: p times the sign of each scale is what its gradient gains."""

import json

import pytest
import torch
from torch import nn

import nasattn
from nasattn.training import Optimizer, Recipe
from nasattn.training.learner import Learner

CPU = torch.device("cpu")
IMAGES, LABELS = torch.randn(8, 3, 8, 8), torch.arange(8) % 4
P = 0.03


def network(penalty: float) -> nn.Module:
    """ResNet-8 with NAM, some of its scales negative and one 0."""
    at = [{"at": f"layer{n}.0.add", "options": {"attend": "both"}} for n in (1, 3)]
    placements = [{"slot": "block_end", "module": "nam", **place} for place in at]
    for placement in placements:
        placement["options"] = {"attend": "both", "penalty": penalty}
    values = {"backbone": "resnet8", "input_shape": [3, 8, 8], "placements": placements}
    net = nasattn.build(nasattn.Architecture.parse(json.dumps(values)), num_classes=4, seed=0)
    with torch.no_grad():
        for scale in scales(net).values():
            scale.copy_(torch.linspace(-1, 2, len(scale)))
            scale[0] = 0
    return net


def scales(net: nn.Module) -> dict[str, nn.Parameter]:
    found = {
        name: parameter
        for name, parameter in net.named_parameters()
        if ".gates." in name and name.endswith("bn.weight")
    }
    assert len(found) == 4  # channel and spatial, at two sites
    return found


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_penalty_is_p_times_the_l1_norm_of_the_scales(precision: str) -> None:
    step = Optimizer(lr=1.0, momentum=0.0)
    recipe = Recipe(optimizer=step, precision=precision, channels_last=False)  # type: ignore[arg-type]  # one of its words
    before = {name: scale.detach().clone() for name, scale in scales(network(0.0)).items()}
    norm = sum(scale.double().abs().sum().item() for scale in before.values())
    learners = [Learner(network(penalty), recipe, CPU) for penalty in (0.0, P)]
    plain, penalised = (learner.step(IMAGES, LABELS, 1.0)[0].item() for learner in learners)
    assert penalised - plain == pytest.approx(P * norm, rel=1e-5)
    without, with_penalty = (dict(learner.network.named_parameters()) for learner in learners)
    for name, parameter in with_penalty.items():
        expected = without[name].detach()
        if name in before:
            expected = expected - P * before[name].sign()  # of a scale of 0: nothing
        assert torch.allclose(parameter, expected, rtol=0, atol=1e-6), name

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from nasattn.backbones import create
from nasattn.backbones.resolve import OWN
from nasattn.cost import Cost, measure_cost
from nasattn.errors import UserError

C, H, W = 6, 5, 4
SHAPE, ELEMENTS = (C, H, W), C * H * W


class Applied(nn.Module):
    """A function as a network."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def flops(function: object, shape: tuple[int, int, int] = SHAPE) -> int:
    return measure_cost(Applied(function), shape).flops


@pytest.mark.parametrize("kind", ["mapping", "dataclass"])
def test_the_form_of_the_outputs_costs_nothing(kind: str) -> None:
    name, shape = "tests.conformance.networks:outputs", (3, 8, 8)
    costs = [measure_cost(create(name, kind=form), shape) for form in ("list", kind)]
    assert costs[0] == costs[1]
    assert costs[0].flops > 0


def test_a_convolution_by_its_formula() -> None:
    conv = nn.Conv2d(C, 8, (3, 5), stride=(2, 1), padding=(1, 2), groups=2)
    out = 8 * math.ceil(H / 2) * W
    cost = measure_cost(conv, SHAPE)
    # One multiply-add is 1; the bias is free.
    assert cost.flops == cost.flops_stock == out * 3 * 5 * C // 2
    assert cost.params == 8 * 3 * 5 * C // 2 + 8


@pytest.mark.parametrize(
    ("function", "count"),
    [
        (lambda x: x + 1, ELEMENTS),
        (lambda x: x * x.sigmoid(), 2 * ELEMENTS),
        (lambda x: x - x.mean((2, 3), keepdim=True), 2 * ELEMENTS),
        (lambda x: x / x.sum(), 2 * ELEMENTS),
        (lambda x: x + torch.zeros(1, C, 1, 1), ELEMENTS),
        (lambda x: F.relu(x, inplace=True), ELEMENTS),
        (F.relu6, ELEMENTS),
        (F.gelu, ELEMENTS),
        (F.hardswish, ELEMENTS),
        (lambda x: F.leaky_relu(x, 0.1), ELEMENTS),
        (lambda x: x.amax(1), ELEMENTS),
        (lambda x: x.max(1).values, ELEMENTS),
        (lambda x: torch.cat([x, x], 1) + 1, 2 * ELEMENTS),
        (lambda x: x.softmax(1), 3 * ELEMENTS),
        (lambda x: F.max_pool2d(x, 2), ELEMENTS),
        (lambda x: F.avg_pool2d(x, 2), ELEMENTS),
        (lambda x: F.adaptive_avg_pool2d(x, 1), ELEMENTS),
        # What only moves or compares values is free.
        (lambda x: x.permute(0, 2, 3, 1).flatten(1).chunk(2, 1)[0], 0),
        (lambda x: F.pad(x[:, :, ::2], (1, 1)), 0),
        (lambda x: x.masked_fill(x < 0, 1.0), 0),
        # Sizes are numbers, not maps.
        (lambda x: x.reshape(x.shape[0], x.shape[1] * x.shape[2], -1), 0),
    ],
)
def test_operators_count_their_elements(function: object, count: int) -> None:
    assert flops(function) == count


def test_norms_count_as_fvcore_does() -> None:
    cost = measure_cost(nn.BatchNorm2d(C), SHAPE)
    assert cost.flops == cost.flops_stock == 2 * ELEMENTS
    assert (cost.params, cost.norm_statistics) == (2 * C, 2 * C)


def test_an_unknown_operator_is_an_error_that_names_it() -> None:
    with pytest.raises(UserError, match=r"Applied: no FLOP count is known for aten::fft_rfft2"):
        flops(lambda x: torch.fft.rfft2(x).real)


def test_images_that_do_not_fit_are_an_error() -> None:
    with pytest.raises(UserError, match="ResNetCifar cannot be counted on 1×8×8 images"):
        measure_cost(create("resnet8"), (1, 8, 8))


def test_parameters_are_the_trainable_ones_and_shared_ones_count_once() -> None:
    net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())
    net.append(net[0])
    assert measure_cost(net, (3, 4, 4)).params == 12
    assert measure_cost(net, (3, 4, 4)).flops == 2 * 3 * 3 * 16 + 3 * 16
    net[0].bias.requires_grad_(False)  # noqa: FBT003 - torch's own signature
    assert measure_cost(net, (3, 4, 4)).params == 9


def test_counting_changes_nothing() -> None:
    net = create("resnet8", width=4).train()
    state = {key: value.clone() for key, value in net.state_dict().items()}
    random = torch.get_rng_state()
    first, second = (measure_cost(net, (3, 8, 8)) for _ in range(2))
    assert first == second
    assert net.training
    assert all(torch.equal(net.state_dict()[key], value) for key, value in state.items())
    assert torch.equal(torch.get_rng_state(), random)


def test_modules_add_up_to_the_network() -> None:
    cost = measure_cost(create("resnet20", width=4), (3, 8, 8))
    stages = [cost.by_module[f"layer{n}"] for n in (1, 2, 3)]
    rest = [cost.by_module[name] for name in ("conv1", "bn1", "relu", "avgpool", "fc")]
    assert sum(part.flops for part in stages + rest) == cost.flops
    assert sum(part.params for part in stages + rest) == cost.params


WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Linear)


def weighted_flops(net: nn.Module, cost: Cost) -> int:
    """Sum over the convolutions and linear layers."""
    paths = [path for path, module in net.named_modules() if isinstance(module, WEIGHTED)]
    return sum(cost.by_module[path].flops for path in paths)


# Small enough for every run.
QUICK = {"alexnet", "resnet8", "resnet18", "resnet20", "torchvision:squeezenet1_1"}
TORCHVISION = [
    "alexnet",
    "vgg11_bn",
    "resnet18",
    "resnet50",
    "resnext50_32x4d",
    "wide_resnet50_2",
    "densenet121",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mnasnet0_5",
    "efficientnet_b0",
    "regnet_y_400mf",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "googlenet",
    "inception_v3",
    "convnext_tiny",
]
# The smallest images that these take.
SIDES = {"alexnet": 64, "torchvision:inception_v3": 75}


@pytest.mark.parametrize(
    "backbone",
    [
        pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow)
        for name in (*OWN, *(f"torchvision:{name}" for name in TORCHVISION))
    ],
)
def test_convolutions_and_linear_layers_are_half_of_torchs_count(backbone: str) -> None:
    side = SIDES.get(backbone, 64 if backbone.startswith("torchvision:") else 32)
    shape = (3, side, side)
    net = create(backbone).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.zeros(1, *shape))
    assert 2 * weighted_flops(net, measure_cost(net, shape)) == counter.get_total_flops()

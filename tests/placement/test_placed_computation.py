"""Filled networks against blocks written by hand: modules compute where they should."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nasattn import attention
from nasattn.backbones import create
from nasattn.backbones.resnet_cifar import BasicBlock
from nasattn.placement import fill
from nasattn.testing.attention import scramble

Step = Callable[[Tensor], Tensor]
IMAGES = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
PLAIN: dict[str, Step] = {
    "before_conv:conv1": lambda x: x,
    "after_conv:conv1": lambda x: x,
    "activation:relu": F.relu,
    "before_conv:conv2": lambda x: x,
    "block_end:add": lambda x: x,
    "activation:relu_1": F.relu,
}


def by_hand(block: BasicBlock, x: Tensor, steps: dict[str, Step]) -> Tensor:
    """The block with the shape-changing shortcut, and a step at each of its sites."""
    out = block.bn1(block.conv1(steps["before_conv:conv1"](x)))
    out = steps["activation:relu"](steps["after_conv:conv1"](out))
    out = block.bn2(block.conv2(steps["before_conv:conv2"](out)))
    added = block.bn2.num_features - x.shape[1]
    shortcut = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, added // 2, added - added // 2))
    return steps["activation:relu_1"](steps["block_end:add"](out) + shortcut)


def whole_by_hand(net: nn.Module, steps: dict[str, Step]) -> Tensor:
    x = net.layer1(F.relu(net.bn1(net.conv1(IMAGES))))
    x = net.layer3(by_hand(net.layer2[0], x, steps))
    return net.fc(x.mean((2, 3)))


def placed(module: str, site: str) -> nn.Module:
    first = site in ("before_conv:conv1",)
    channels, size = (8, (8, 8)) if first else (16, (4, 4))
    options = {"ratio": 2} if module in ("atac", "ortho", "se", "cbam") else {}
    return scramble(attention.create(module, channels, size, **options))


def bare_network() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return scramble(create("resnet8", width=8))


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize(
    ("module", "site"),
    [
        *(
            (module, site)
            for module in ("gct", "eca")
            for site in PLAIN
            if "activation" not in site
        ),
        ("nam", "block_end:add"),
        ("ortho", "block_end:add"),
        ("se", "after_conv:conv1"),
        ("cbam", "before_conv:conv2"),
        ("atac", "activation:relu"),
        ("atac", "activation:relu_1"),
    ],
)
def test_equals_the_block_written_by_hand(module: str, site: str, mode: str) -> None:
    net = bare_network().train(mode == "train")
    attends = placed(module, site).train(mode == "train")
    slot, _, call = site.partition(":")
    filled = fill(net, {f"{slot}:layer2.0.{call}": attends})
    # Both networks hold the same attention module; its own statistics move twice in training.
    expected = whole_by_hand(net, {**PLAIN, site: attends})
    torch.testing.assert_close(filled(IMAGES), expected)
    assert not torch.allclose(expected, whole_by_hand(net, PLAIN))


def test_several_placements_in_one_block_equal_the_block_written_by_hand() -> None:
    sites = {
        "before_conv:conv1": "gct",
        "after_conv:conv1": "nam",
        "activation:relu": "atac",
        "before_conv:conv2": "gct",
        "block_end:add": "ortho",
        "activation:relu_1": "atac",
    }
    net = bare_network().eval()
    modules = {site: placed(module, site).eval() for site, module in sites.items()}
    names = {site.replace(":", ":layer2.0."): module for site, module in modules.items()}
    torch.testing.assert_close(fill(net, names)(IMAGES), whole_by_hand(net, {**PLAIN, **modules}))


def test_gradients_equal_those_of_the_block_written_by_hand() -> None:
    net = bare_network().eval()
    filled = fill(net, {"block_end:layer2.0.add": placed("se", "block_end:add")})
    attends = placed("se", "block_end:add")
    filled(IMAGES).square().sum().backward()
    whole_by_hand(net, {**PLAIN, "block_end:add": attends}).square().sum().backward()
    ours = dict(filled.named_parameters())
    for name, parameter in net.named_parameters():
        torch.testing.assert_close(ours[name].grad, parameter.grad)
    theirs = dict(attends.named_parameters())
    own = {name: p for name, p in ours.items() if name not in dict(net.named_parameters())}
    assert len(own) == len(theirs) > 0
    for name, parameter in own.items():
        (match,) = (p for key, p in theirs.items() if name.endswith(f".{key}"))
        torch.testing.assert_close(parameter.grad, match.grad)


def test_a_projection_shortcut_is_left_alone() -> None:
    """In torchvision's block the branch ends before the addition of the projected input."""
    net = scramble(create("resnet18")).eval()
    attends = scramble(attention.create("eca", 128, (4, 4))).eval()
    block = net.layer2[0]
    x = torch.randn(2, 64, 8, 8)
    branch = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))
    expected = F.relu(attends(branch) + block.downsample(x))
    filled = fill(net, {"block_end:layer2.0.add": attends})
    torch.testing.assert_close(filled.layer2[0](x), expected)


def test_in_a_plain_network_after_conv_is_before_the_activation() -> None:
    net = create("alexnet").eval()
    attends = scramble(attention.create("eca", 48, (16, 16))).eval()
    filled = fill(net, {"after_conv:features.0": attends})
    x = torch.randn(1, 3, 64, 64)
    expected = net.features[2:](F.relu(attends(net.features[0](x))))
    torch.testing.assert_close(filled.features(x), expected)


def test_an_end_lies_before_drop_path() -> None:
    """The dropped branch contributes nothing, whatever the module at its end adds."""
    net = create("tests.conformance.networks:blocks").eval()

    class Shift(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + 100

    filled = fill(net, {"block_end:again.add": Shift()})
    filled.train()
    filled.again.norm.eval()
    torch.manual_seed(0)
    x = torch.zeros(64, 4, 4, 4)
    values = filled.again(x).amax((1, 2, 3))
    dropped = values == 0
    assert 0 < int(dropped.sum()) < len(values)
    assert (values[~dropped] > 50).all()

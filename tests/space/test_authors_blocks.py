"""Whole networks from a search-space file against blocks written as the modules' authors do."""

import copy
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nasattn.backbones import create
from nasattn.placement import build
from nasattn.placement.marking import marked_site
from nasattn.schema import validate
from nasattn.space import Space, SpaceFile, enumerate_architectures
from nasattn.testing.attention import scramble

Place = Callable[[str, Tensor], Tensor]
Block = Callable[[nn.Module, str, Place, Tensor], Tensor]


def basic_end(block: nn.Module, at: str, place: Place, x: Tensor) -> Tensor:
    """ECA, NAM and Ortho: after the second norm, before the addition."""
    out = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))
    return F.relu(place(f"block_end:{at}.add", out) + shortcut(block, x))


def bottleneck_end(block: nn.Module, at: str, place: Place, x: Tensor) -> Tensor:
    """ECA, NAM and Ortho: after the third norm, on all channels, before the addition."""
    out = F.relu(block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x))))))
    out = block.bn3(block.conv3(out))
    return F.relu(place(f"block_end:{at}.add", out) + shortcut(block, x))


def bottleneck_gct(block: nn.Module, at: str, place: Place, x: Tensor) -> Tensor:
    """GCT: before each of the three convolutions, and before that of the shortcut."""
    out = F.relu(block.bn1(block.conv1(place(f"before_conv:{at}.conv1", x))))
    out = F.relu(block.bn2(block.conv2(place(f"before_conv:{at}.conv2", out))))
    out = block.bn3(block.conv3(place(f"before_conv:{at}.conv3", out)))
    if block.downsample is not None:
        conv, norm = block.downsample
        x = norm(conv(place(f"before_conv:{at}.downsample.0", x)))
    return F.relu(out + x)


def bottleneck_mod(block: nn.Module, at: str, place: Place, x: Tensor) -> Tensor:
    """OrthoNet-MOD: after the norm of the 3×3 convolution, before its activation."""
    out = F.relu(block.bn1(block.conv1(x)))
    out = F.relu(place(f"after_conv:{at}.conv2", block.bn2(block.conv2(out))))
    return F.relu(block.bn3(block.conv3(out)) + shortcut(block, x))


def bottleneck_atac(block: nn.Module, at: str, place: Place, x: Tensor) -> Tensor:
    """ATAC: for the two inner ReLUs of stages 3 and 4; that after the addition stays."""
    names = (f"activation:{at}.relu", f"activation:{at}.relu_1")
    first, second = names if at.startswith(("layer3", "layer4")) else ("", "")
    out = place(first, block.bn1(block.conv1(x))) if first else F.relu(block.bn1(block.conv1(x)))
    out = block.bn2(block.conv2(out))
    out = place(second, out) if second else F.relu(out)
    return F.relu(block.bn3(block.conv3(out)) + shortcut(block, x))


def shortcut(block: nn.Module, x: Tensor) -> Tensor:
    return x if block.downsample is None else block.downsample(x)


def resnet(net: nn.Module, block: Block, place: Place, x: Tensor) -> Tensor:
    stem = place("before_conv:conv1", x) if block is bottleneck_gct else x
    x = F.max_pool2d(F.relu(net.bn1(net.conv1(stem))), 3, 2, 1)
    for number in (1, 2, 3, 4):
        for index, one in enumerate(net.get_submodule(f"layer{number}")):
            x = block(one, f"layer{number}.{index}", place, x)
    return net.fc(x.mean((2, 3)))


def inverted_residual(block: nn.Module, at: str, place: Place, x: Tensor) -> Tensor:
    """ECA in MobileNetV2: after the projection's norm, also where nothing is added."""
    *expand_and_filter, projection, norm = block.conv
    out = x
    for layer in expand_and_filter:
        out = layer(out)
    call = "add" if block.use_res_connect else "conv"
    out = place(f"block_end:{at}.{call}", norm(projection(out)))
    return x + out if block.use_res_connect else out


def mobilenet(net: nn.Module, block: Block, place: Place, x: Tensor) -> Tensor:
    stem, *blocks, head = net.features
    x = stem(x)
    for index, one in enumerate(blocks, 1):
        x = block(one, f"features.{index}", place, x)
    return net.classifier[1](head(x).mean((2, 3)))


ECA = 'slot = "block_end"\noptions = ["eca"]\n'
# In MobileNetV2 the authors' kernel has one tap below 96 channels and three from there on.
ECA_MOBILE = (
    f"{ECA}channels.max = 95\neca.kernel_size = 1\n"
    f'[[choice]]\nname = "wide"\n{ECA}channels.min = 96\neca.kernel_size = 3\n'
)


@dataclass(frozen=True)
class Paper:
    """A network as a paper has it: the space that denotes it, and its blocks by hand."""

    backbone: str
    choice: str
    network: Callable[[nn.Module, Block, Place, Tensor], Tensor]
    block: Block
    num_placed: int


PAPERS = {
    "eca basic": Paper("resnet18", ECA, resnet, basic_end, 8),
    "eca bottleneck": Paper("resnet50", ECA, resnet, bottleneck_end, 16),
    "eca mobilenet": Paper("mobilenet_v2", ECA_MOBILE, mobilenet, inverted_residual, 17),
    "gct": Paper("resnet50", 'slot = "before_conv"\noptions = ["gct"]', resnet, bottleneck_gct, 53),
    "nam": Paper("resnet18", 'slot = "block_end"\noptions = ["nam"]', resnet, basic_end, 8),
    "orthonet": Paper("resnet18", 'slot = "block_end"\noptions = ["ortho"]', resnet, basic_end, 8),
    "orthonet-mod": Paper(
        "resnet50",
        'slot = "after_conv"\nwhere = "*.conv2"\noptions = ["ortho"]',
        resnet,
        bottleneck_mod,
        16,
    ),
    "atac": Paper(
        "resnet50",
        'slot = "activation"\nwhere = "layer[34].*"\nunless = "*.relu_2"\noptions = ["atac"]',
        resnet,
        bottleneck_atac,
        18,
    ),
}
SLOW = PAPERS.keys() - {"eca basic", "eca mobilenet", "orthonet-mod"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in PAPERS],
)
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_a_space_denotes_the_authors_network(name: str, mode: str) -> None:
    paper = PAPERS[name]
    text = f'backbone = "torchvision:{paper.backbone}"\ninput_shape = [3, 64, 64]\n'
    text += f'[[choice]]\nname = "place"\nscope = "network"\n{paper.choice}'
    file = validate(SpaceFile, tomllib.loads(text), "x.toml")
    (architecture,) = enumerate_architectures(Space.from_file(file, "x.toml"))
    built = build(architecture, num_classes=5, seed=0).train(mode == "train")
    placed = {
        site: copy.deepcopy(scramble(module))
        for module in built.modules()
        if (site := marked_site(module)) is not None
    }
    assert len(placed) == paper.num_placed

    bare = create(f"torchvision:{paper.backbone}", num_classes=5).train(mode == "train")
    ours = built.state_dict()
    bare.load_state_dict({key: ours[key] for key in bare.state_dict()})
    for dropout in (m for net in (built, bare) for m in net.modules() if type(m) is nn.Dropout):
        dropout.p = 0.0

    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    used: list[str] = []

    def place(site: str, x: Tensor) -> Tensor:
        used.append(site)
        return placed[site](x)

    expected = paper.network(bare, paper.block, place, images)
    torch.testing.assert_close(built(images), expected)
    assert sorted(used) == sorted(placed)

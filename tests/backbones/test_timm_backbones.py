from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from nasattn.backbones import create
from nasattn.cost import measure_cost
from nasattn.cost.count import _analysis
from nasattn.placement import fill, find_sites
from nasattn.testing.backbone import Backbone, BackboneSuite

NO_MAP = "its input is no map (N, C, H, W)"
ONE_PIXEL = "its map has one pixel"
LAST = "its map has the channels last"
SIZES = "called with maps of different sizes"
BRANCHES = (
    "cannot be traced: symbolically traced variables cannot be used as inputs to control flow"
)
ASSIGNS = "cannot be traced: 'Proxy' object does not support item assignment"


def network(
    name: str, size: int = 64, block_ends: int = 0, /, *refused: tuple[str, int], **arguments: Any
) -> Backbone:
    """Return timm's network for square images."""
    make = partial(create, f"timm:{name}", **arguments)
    return Backbone(make, (3, size, size), block_ends, dict(refused))


# Where a network is large, fewer blocks of each of its kinds.
BACKBONES = {
    "test_byobnet": network("test_byobnet", 64, 4, (ONE_PIXEL, 20)),
    "test_efficientnet": network("test_efficientnet", 64, 0, (ONE_PIXEL, 10)),
    "resnetv2": network("resnetv2_50", 64, 5, (BRANCHES, 1), layers=(1, 1, 1, 2)),
    "ghostnet": network("ghostnet_050", 64, 16, (ONE_PIXEL, 38)),
    "repvgg": network("repvgg_a0", 64, 22),
    "hrnet": network("hrnet_w18_small", 64, 23, (ASSIGNS, 3), (SIZES, 3)),
    "dla": network("dla46_c", 64, 12, (ONE_PIXEL, 2)),
    "nfnet": network("test_nfnet", 64, 4, (ONE_PIXEL, 20)),
    "res2net": network("res2net50_14w_8s", 64, 5, layers=(1, 1, 1, 2)),
    "cspresnet": network("cspresnet50", 64, 13),
    "regnet": network("regnetx_002", 64, 13),
    "mobilenetv3": network("mobilenetv3_small_050", 64, 10, (ONE_PIXEL, 48)),
    "rexnet": network("rexnet_100", 64, 16, (ONE_PIXEL, 65)),
    "densenet": network("densenet121", 64, 0, block_config=(2, 2, 2, 2)),
    "convnext": network("convnext_atto", 64, 12),
    "vovnet": network("ese_vovnet19b_slim_dw", 64, 0, (ONE_PIXEL, 8)),
    "senet": network("legacy_seresnet18", 64, 8, (ONE_PIXEL, 40)),
    "inception_next": network("inception_next_atto", 64, 12, (BRANCHES, 1), (NO_MAP, 1)),
}
DEFAULT = {"test_byobnet"}

# The classes of blocks: where each has one residual addition, a block end stands for each.
BLOCKS = {
    "test_byobnet": {"BasicBlock", "BottleneckBlock", "DarkBlock", "EdgeBlock"},
    "resnetv2": {"PreActBottleneck"},
    "ghostnet": {"GhostBottleneck"},
    "repvgg": {"RepVggBlock"},
    "hrnet": {"BasicBlock", "Bottleneck"},
    "dla": {"DlaBottleneck"},
    "nfnet": {"NormFreeBlock"},
    "res2net": {"Bottle2neck"},
    "cspresnet": {"BottleneckBlock"},
    "regnet": {"Bottleneck"},
    "mobilenetv3": {"InvertedResidual"},
    "rexnet": {"LinearBottleneck"},
    "convnext": {"ConvNeXtBlock"},
    "senet": {"SEResNetBlock"},
    "inception_next": {"MetaNeXtBlock"},
}


def marked(names: Iterable[str]) -> list[Any]:
    return [
        pytest.param(name, marks=[] if name in DEFAULT else [pytest.mark.slow]) for name in names
    ]


class TestTimmBackbones(BackboneSuite):
    @pytest.fixture(
        scope="class",
        params=marked(BACKBONES),
    )
    @classmethod
    def backbone(cls, request: pytest.FixtureRequest) -> Backbone:
        return BACKBONES[request.param]

    def test_every_operator_is_counted(self, backbone: Backbone, bare: nn.Module) -> None:
        assert measure_cost(bare, backbone.input_shape).flops > 0

    # 2026-11-22: fvcore 0.1.5 traces with torch.jit, which torch calls deprecated.
    @pytest.mark.filterwarnings("ignore")
    def test_weighted_layers_are_half_of_torchs_count(
        self, backbone: Backbone, bare: nn.Module
    ) -> None:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            bare(torch.zeros(1, *backbone.input_shape))
        by_operator = _analysis(bare, backbone.input_shape).by_operator()
        weighted = sum(by_operator[name] for name in ("conv", "linear", "addmm", "matmul"))
        assert 2 * weighted == counter.get_total_flops()


@pytest.mark.parametrize("name", marked(BLOCKS))
def test_every_residual_block_has_one_end(name: str) -> None:
    backbone = BACKBONES[name]
    blocks = [m for m in backbone.make().modules() if type(m).__name__ in BLOCKS[name]]
    assert len(blocks) == backbone.block_ends


class Constant(nn.Module):
    """Returns a constant map."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return torch.full_like(x, self.value)


TINY = {"depths": (2, 1, 1, 1), "dims": (8, 8, 8, 8), "ls_init_value": 0.25}


@pytest.mark.parametrize(
    ("name", "arguments", "scale"),
    [
        ("test_byobnet", {}, 1.0),
        ("test_resnet", {}, 1.0),
        ("convnext_atto", TINY, 0.25),
        # The number that follows its attention is a scale of the branch too.
        ("test_nfnet", {}, 2.0),
    ],
)
def test_block_ends_lie_before_drop_path_and_layer_scale(
    name: str, arguments: dict[str, Any], scale: float
) -> None:
    net = create(f"timm:{name}", drop_path_rate=0.5, **arguments)
    ends = [s for s in find_sites(net, (3, 64, 64)).sites if s.slot == "block_end"]
    placed = fill(net, {site.name: Constant(2.0) for site in ends}).train()
    dropped: list[Tensor] = []
    for module in placed.modules():
        if type(module).__name__ == "DropPath":
            module.register_forward_pre_hook(lambda _, inputs: dropped.append(inputs[0].clone()))
    placed(torch.randn(2, 3, 64, 64))
    assert len(dropped) > 0
    assert all(torch.equal(x, torch.full_like(x, 2.0 * scale)) for x in dropped)


def test_what_follows_a_convolution_lies_between_norm_and_activation() -> None:
    net = create("timm:test_efficientnet").eval()
    placed = fill(net, {"after_conv:conv_stem": Constant(-1.0)})
    seen: list[Tensor] = []
    placed.blocks.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    placed(torch.randn(1, 3, 64, 64))
    assert torch.equal(seen[0], F.silu(torch.full_like(seen[0], -1.0)))


def test_a_scale_in_place_multiplies_what_was_placed() -> None:
    net = create("timm:test_nfnet", skipinit=True).eval()
    filled = fill(net, {"block_end:stages.0.0.add": Constant(1.0)}).stages[0][0]
    x = torch.randn(1, filled.conv1.in_channels, 16, 16)
    with torch.no_grad():
        filled.skipinit_gain.fill_(0.0)
        shortcut = filled(x)
        filled.skipinit_gain.fill_(0.5)
        branch = filled(x) - shortcut
    # What was placed, times the gains of attention, skip and block.
    expected = torch.full_like(branch, filled.attn_gain * 0.5 * filled.alpha)
    torch.testing.assert_close(branch, expected)

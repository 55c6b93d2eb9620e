from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import pytest
import torch

from nasattn.backbones import create
from nasattn.placement import Refusal, find_sites, open_slots
from nasattn.testing.backbone import Backbone, BackboneSuite

DIFFERS = "its forward differs between training and evaluation"
TWICE = "called more than once in a module that cannot be traced"
NO_MAP = "its input is no map (N, C, H, W)"
SHARED = "its parameters are shared by several calls"
FACTORIES = "tests.conformance.networks"


def users(
    name: str,
    block_ends: int = 0,
    shape: tuple[int, int, int] = (3, 8, 8),
    arguments: Mapping[str, str] = MappingProxyType({}),
    **refused: int,
) -> Backbone:
    make = partial(create, f"{FACTORIES}:{name}", in_channels=shape[0], **arguments)
    return Backbone(make, shape, block_ends, refused)


def like_a_librarys(name: str, block_ends: int = 0, **refused: int) -> Backbone:
    make = partial(create, f"tests.conformance.library_networks:{name}")
    return Backbone(make, (3, 8, 8), block_ends, refused)


class TestUserBackbones(BackboneSuite):
    @pytest.fixture(
        scope="class",
        params=[
            users("functional"),
            users("containers", **{"not reached in evaluation": 2}),
            users("slices", shape=(1, 64, 48)),
            users("residuals", block_ends=4, shape=(5, 17, 13)),
            users("outputs", block_ends=1, arguments={"kind": "mapping"}),
            users("outputs", block_ends=1, arguments={"kind": "dataclass"}),
            users("outputs", block_ends=1, arguments={"kind": "list"}, shape=(2, 9, 5)),
            users("blocks", block_ends=2),
            users("parametric", **{SHARED: 4}),
            # The sum of its two classifiers' outputs has the form of a residual addition.
            users("pyramid", **{"called with maps of different sizes": 3, NO_MAP: 1}),
            users("auxiliary", **{"not reached in evaluation": 3, DIFFERS: 1}),
            like_a_librarys("asking", block_ends=3),
            like_a_librarys("deep", block_ends=2),
            like_a_librarys("fused", **{DIFFERS: 1, TWICE: 1}),
            like_a_librarys("listing"),
            like_a_librarys("pieces", block_ends=1),
            users("gated", **{"its map has one pixel": 3, "its map has the channels last": 1}),
        ],
        ids=lambda backbone: "-".join(
            [
                backbone.make.args[0].rpartition(":")[2],
                *backbone.make.keywords.get("kind", "").split(),
            ]
        ),
    )
    @classmethod
    def backbone(cls, request: pytest.FixtureRequest) -> Backbone:
        return request.param


def test_what_a_graph_would_freeze_is_refused_with_its_reason() -> None:
    found = find_sites(create(f"{FACTORIES}:refusing"), (3, 8, 8))
    assert {refusal.module: refusal.reason for refusal in found.refused} == {
        "noisy": DIFFERS,
        "branching": "cannot be traced: symbolically traced variables cannot be used as inputs to "
        "control flow",
        "counting": "its forward sets attributes that a graph would freeze",
        "optional": "its forward depends on an optional argument: shortcut",
        "constant": "its forward makes a tensor that a graph would freeze",
        "activation:branching.relu": TWICE,
        "activation:optional.relu": TWICE,
    }
    # What is left: the stem, and the activations that are modules of their own.
    assert [site.name for site in found.sites] == [
        "before_conv:stem",
        "after_conv:stem",
        "activation:noisy.relu",
        "activation:counting.relu",
        "activation:constant.relu",
    ]


def test_lots_drawn_in_python_are_refused() -> None:
    found = find_sites(create(f"{FACTORIES}:lottery"), (3, 8, 8))
    reason = "its forward draws random numbers that a graph would freeze"
    assert found.refused == (Refusal("the network", reason),)


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_refused_modules_compute_as_before(mode: str) -> None:
    net = create(f"{FACTORIES}:refusing").train(mode == "train")
    opened = open_slots(net)
    images = torch.randn(2, 3, 8, 8)
    torch.manual_seed(1)
    expected = net(images)
    torch.manual_seed(1)
    assert torch.equal(opened(images), expected)
    assert opened.counting.calls == net.counting.calls == 1

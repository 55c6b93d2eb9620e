from functools import partial

import pytest

from nasattn.backbones import OWN, create
from nasattn.testing.backbone import Backbone, BackboneSuite

NO_MAP = "its input is no map (N, C, H, W)"


def own(name: str, shape: tuple[int, int, int], block_ends: int, **arguments: float) -> Backbone:
    return Backbone(partial(create, name, in_channels=shape[0], **arguments), shape, block_ends)


BACKBONES = {
    "alexnet": Backbone(partial(create, "alexnet"), (3, 64, 64), refused={NO_MAP: 2}),
    "resnet8": own("resnet8", (1, 8, 8), 3, width=4),
    "resnet20": own("resnet20", (3, 16, 16), 9, width=4),
    "resnet32": own("resnet32", (3, 16, 16), 15, width=4),
    "resnet56": own("resnet56", (3, 16, 16), 27, width=4),
    "resnet18": own("resnet18", (3, 16, 16), 8),
    "resnet50": own("resnet50", (3, 16, 16), 16),
    "mobilenet": own("mobilenet", (3, 32, 32), 0, width=0.25),
    "mobilenet_v2": own("mobilenet_v2", (3, 16, 16), 17, width=0.25),
}
SLOW = {"mobilenet_v2", "resnet32", "resnet50", "resnet56"}


class TestOwnBackbones(BackboneSuite):
    @pytest.fixture(
        scope="class",
        params=[
            pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else [])
            for name in BACKBONES
        ],
    )
    @classmethod
    def backbone(cls, request: pytest.FixtureRequest) -> Backbone:
        return BACKBONES[request.param]


def test_the_suite_covers_every_backbone_of_ours() -> None:
    assert set(BACKBONES) == set(OWN)

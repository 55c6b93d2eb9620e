from functools import partial

import pytest

from nasattn.backbones import create
from nasattn.testing.backbone import Backbone, BackboneSuite

NO_MAP = "its input is no map (N, C, H, W)"
ONE_PIXEL = "its map has one pixel"
UNREACHED = "not reached in evaluation"
LAST = "its map has the channels last"
DIFFERS = "its forward differs between training and evaluation"


def network(name: str, size: int = 64, block_ends: int = 0, **refused: int) -> Backbone:
    """Return torchvision's network for square images."""
    return Backbone(partial(create, f"torchvision:{name}"), (3, size, size), block_ends, refused)


BACKBONES = {
    "resnet18": network("resnet18", 64, 8),
    "mobilenet_v2": network("mobilenet_v2", 64, 17),
    "googlenet": network("googlenet", 64, **{UNREACHED: 8, DIFFERS: 1}),
    "squeezenet1_1": network("squeezenet1_1", 64),
    "alexnet": network("alexnet", 64, **{NO_MAP: 2}),
    "vgg11_bn": network("vgg11_bn", 32, **{NO_MAP: 2}),
    "resnet50": network("resnet50", 64, 16),
    "resnext50_32x4d": network("resnext50_32x4d", 64, 16),
    "wide_resnet50_2": network("wide_resnet50_2", 64, 16),
    "densenet121": network("densenet121", 64),
    "mobilenet_v3_small": network("mobilenet_v3_small", 64, 11, **{ONE_PIXEL: 45, NO_MAP: 1}),
    "mnasnet0_5": network("mnasnet0_5", 64, 16),
    "efficientnet_b0": network("efficientnet_b0", 64, 16, **{ONE_PIXEL: 80}),
    "regnet_y_400mf": network("regnet_y_400mf", 64, 16, **{ONE_PIXEL: 80}),
    "shufflenet_v2_x0_5": network("shufflenet_v2_x0_5", 64),
    "inception_v3": network("inception_v3", 299, **{UNREACHED: 6, DIFFERS: 1}),
    "convnext_tiny": network("convnext_tiny", 64, 18, **{LAST: 18}),
}
DEFAULT = {"mobilenet_v3_small", "squeezenet1_1"}


class TestTorchvisionBackbones(BackboneSuite):
    @pytest.fixture(
        scope="class",
        params=[
            pytest.param(name, marks=[] if name in DEFAULT else [pytest.mark.slow])
            for name in BACKBONES
        ],
    )
    @classmethod
    def backbone(cls, request: pytest.FixtureRequest) -> Backbone:
        return BACKBONES[request.param]

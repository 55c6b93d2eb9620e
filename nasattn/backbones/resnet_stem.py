"""Torchvision's ResNets with the stem for small images: 3×3, stride 1, no max pool."""

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torchvision.models import ResNet


def resnet18(num_classes: int = 10, in_channels: int = 3) -> "ResNet":
    """Return ResNet-18 for 32×32 images; its parameter names are torchvision's."""
    from torchvision.models.resnet import BasicBlock, ResNet  # takes seconds: only if needed

    return _small_stem(ResNet(BasicBlock, [2, 2, 2, 2], num_classes), in_channels)


def resnet50(num_classes: int = 10, in_channels: int = 3) -> "ResNet":
    """Return ResNet-50 for 32×32 images; its parameter names are torchvision's."""
    from torchvision.models.resnet import Bottleneck, ResNet

    return _small_stem(ResNet(Bottleneck, [3, 4, 6, 3], num_classes), in_channels)


def _small_stem(net: "ResNet", in_channels: int) -> "ResNet":
    net.conv1 = nn.Conv2d(in_channels, 64, 3, 1, 1, bias=False)
    nn.init.kaiming_normal_(net.conv1.weight, mode="fan_out", nonlinearity="relu")
    net.maxpool = nn.Identity()
    return net

"""ResNet-18 and ResNet-50 with the stem for small images: 3×3, stride 1, no max pool.

Source: He et al., "Deep Residual Learning for Image Recognition" (arXiv:1512.03385), table 1,
with the stride of a bottleneck in its 3×3 convolution. Names of layers are torchvision's, so
that its weights fit but for the stem's; torchvision itself takes seconds to import.
"""

from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3×3 convolutions with batch norm, added to a shortcut.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, channels, H / stride, W / stride)``.
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _conv(in_channels, channels, 3, stride)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = _conv(channels, channels, 3)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = _shortcut(in_channels, channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of branch and shortcut, after the activation."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        shortcut = x if self.downsample is None else self.downsample(x)
        result: Tensor = self.relu(out + shortcut)
        return result


class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolutions with batch norm, added to a shortcut.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, 4 channels, H / stride, W / stride)``.
    """

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        out_channels = self.expansion * channels
        self.conv1 = _conv(in_channels, channels, 1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = _conv(channels, channels, 3, stride)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = _conv(channels, out_channels, 1)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of branch and shortcut, after the activation."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        shortcut = x if self.downsample is None else self.downsample(x)
        result: Tensor = self.relu(out + shortcut)
        return result


class ResNet(nn.Module):
    """Stem, four stages of blocks, global average pool, one linear layer.

    Args:
        block: The kind of block.
        depths: Blocks in each stage.
        num_classes: Number of outputs.
        in_channels: Channels of the images.
        width: Channels of the stem and of the first stage; the others have twice, four and eight
            times as many, all of them times a bottleneck's expansion.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, num_classes)``.
    """

    def __init__(
        self,
        block: type[BasicBlock | Bottleneck],
        depths: tuple[int, int, int, int],
        num_classes: int = 10,
        in_channels: int = 3,
        width: int = 64,
    ) -> None:
        super().__init__()
        expanded = width * block.expansion
        self.conv1 = _conv(in_channels, width, 3)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = _stage(block, width, width, depths[0], 1)
        self.layer2 = _stage(block, expanded, 2 * width, depths[1], 2)
        self.layer3 = _stage(block, 2 * expanded, 4 * width, depths[2], 2)
        self.layer4 = _stage(block, 4 * expanded, 8 * width, depths[3], 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8 * expanded, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        logits: Tensor = self.fc(self.avgpool(x).flatten(1))
        return logits


def resnet18(num_classes: int = 10, in_channels: int = 3, width: int = 64) -> ResNet:
    """Return ResNet-18 for 32×32 images; see `ResNet`."""
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, in_channels, width)


def resnet50(num_classes: int = 10, in_channels: int = 3, width: int = 64) -> ResNet:
    """Return ResNet-50 for 32×32 images; see `ResNet`."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, in_channels, width)


def _conv(in_channels: int, channels: int, side: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(in_channels, channels, side, stride, side // 2, bias=False)


def _shortcut(in_channels: int, channels: int, stride: int) -> nn.Sequential | None:
    """Return the projection where the shape changes, else None."""
    if stride == 1 and in_channels == channels:
        return None
    return nn.Sequential(_conv(in_channels, channels, 1, stride), nn.BatchNorm2d(channels))


def _stage(
    block: type[BasicBlock | Bottleneck], in_channels: int, channels: int, depth: int, stride: int
) -> nn.Sequential:
    first = block(in_channels, channels, stride)
    inner = channels * block.expansion
    return nn.Sequential(first, *(block(inner, channels, 1) for _ in range(depth - 1)))

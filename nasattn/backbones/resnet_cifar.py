"""The residual networks for small images: 6n + 2 layers in three stages.

Source: He et al., "Deep Residual Learning for Image Recognition" (arXiv:1512.03385),
section 4.2, with its parameter-free shortcuts (option A).
"""

from torch import Tensor, nn
from torch.nn import functional as F


class BasicBlock(nn.Module):
    """Two 3×3 convolutions with batch norm, added to a shortcut without parameters.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, channels, H / stride, W / stride)``.
    """

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.stride = stride
        self.added_channels = channels - in_channels

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of branch and shortcut, after the activation."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.stride != 1 or self.added_channels:
            before = self.added_channels // 2
            x = F.pad(
                x[:, :, :: self.stride, :: self.stride],
                (0, 0, 0, 0, before, self.added_channels - before),
            )
        result: Tensor = self.relu(out + x)
        return result


class ResNetCifar(nn.Module):
    """Stem, three stages of ``blocks`` basic blocks, global average pool, one linear layer.

    Args:
        blocks: Blocks in each stage (n; the depth is 6n + 2).
        num_classes: Number of outputs.
        in_channels: Channels of the images.
        width: Channels of the first stage; the others have twice and four times as many.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, num_classes)``.
    """

    def __init__(
        self, blocks: int, num_classes: int = 10, in_channels: int = 3, width: int = 16
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = self._stage(blocks, width, width, 1)
        self.layer2 = self._stage(blocks, width, 2 * width, 2)
        self.layer3 = self._stage(blocks, 2 * width, 4 * width, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(4 * width, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    @staticmethod
    def _stage(blocks: int, in_channels: int, channels: int, stride: int) -> nn.Sequential:
        first = BasicBlock(in_channels, channels, stride)
        return nn.Sequential(first, *(BasicBlock(channels, channels) for _ in range(blocks - 1)))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        logits: Tensor = self.fc(self.avgpool(x).flatten(1))
        return logits


def resnet8(num_classes: int = 10, in_channels: int = 3, width: int = 16) -> ResNetCifar:
    """Return the network with one block a stage."""
    return ResNetCifar(1, num_classes, in_channels, width)


def resnet20(num_classes: int = 10, in_channels: int = 3, width: int = 16) -> ResNetCifar:
    """Return the network with three blocks a stage (0.27 M parameters at width 16)."""
    return ResNetCifar(3, num_classes, in_channels, width)


def resnet32(num_classes: int = 10, in_channels: int = 3, width: int = 16) -> ResNetCifar:
    """Return the network with five blocks a stage."""
    return ResNetCifar(5, num_classes, in_channels, width)


def resnet56(num_classes: int = 10, in_channels: int = 3, width: int = 16) -> ResNetCifar:
    """Return the network with nine blocks a stage."""
    return ResNetCifar(9, num_classes, in_channels, width)

"""MobileNet (V1) with the strides for small images.

Source: Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
Applications" (arXiv:1704.04861), table 1.
"""

from torch import Tensor, nn

# Channels and stride of the thirteen depthwise separable layers.
_LAYERS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *5 * ((512, 1),),
    (1024, 2),
    (1024, 1),
)
_LEAST_CHANNELS = 8  # as in the authors' code, so that no width leaves a layer empty


class MobileNet(nn.Module):
    """A 3×3 convolution, thirteen depthwise separable layers, average pool, one linear layer.

    Each separable layer is a 3×3 convolution per channel and a 1×1 convolution across them, both
    with batch norm and ReLU; there are no shortcuts. One stride differs from the network for
    ImageNet: the first convolution has 1, not 2, so that 32×32 images end at 2×2.

    Args:
        num_classes: Number of outputs.
        in_channels: Channels of the images.
        width: The width multiplier α: every layer has that share of its channels, rounded
            down, and at least 8.
        stem_stride: Stride of the first convolution; for ImageNet 2.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, num_classes)``.
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 3,
        width: float = 1.0,
        stem_stride: int = 1,
    ) -> None:
        super().__init__()
        stem = _scaled(32, width)
        layers, before = [_layer(in_channels, stem, 3, stem_stride)], stem
        for full, stride in _LAYERS:
            after = _scaled(full, width)
            layers.append(_separable(before, after, stride))
            before = after
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(before, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.fc(self.avgpool(self.features(x)).flatten(1))
        return logits


def _scaled(channels: int, width: float) -> int:
    return max(_LEAST_CHANNELS, int(width * channels))


def _layer(before: int, after: int, side: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, side, stride, side // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


def _separable(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(_layer(before, before, 3, stride, groups=before), _layer(before, after, 1))

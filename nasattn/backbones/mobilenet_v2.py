"""Torchvision's MobileNetV2 with the strides for small images.

Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks"
(arXiv:1801.04381), table 2.
"""

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torchvision.models import MobileNetV2

# Expansion, channels, blocks and stride of each stage; for ImageNet the second has stride 2.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 1),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def mobilenet_v2(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> "MobileNetV2":
    """Return MobileNetV2 for 32×32 images; its parameter names are torchvision's.

    Two strides differ from the network for ImageNet: the first convolution and the second
    stage have 1, not 2, so that 32×32 images end at 4×4.

    Args:
        num_classes: Number of outputs.
        in_channels: Channels of the images.
        width: The width multiplier; channels are rounded to multiples of 8.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, num_classes)``.
    """
    from torchvision.models import MobileNetV2  # takes seconds: only if needed

    net = MobileNetV2(num_classes, width, [list(stage) for stage in _STAGES])
    stem = net.features[0][0]
    net.features[0][0] = nn.Conv2d(in_channels, stem.out_channels, 3, 1, 1, bias=False)
    nn.init.kaiming_normal_(net.features[0][0].weight, mode="fan_out")
    return net

"""An AlexNet variant for small colour images, drawn for 128×128.

Source: Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural
Networks" (2012), with narrower layers and one pooled size before the classifier.
"""

from torch import Tensor, nn


class AlexNet(nn.Module):
    """Five convolutions with biases, three max pools, three linear layers.

    At 128×128 the features end at 3×3 and the adaptive pool is the identity.

    Args:
        num_classes: Number of outputs.
        in_channels: Channels of the images.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, num_classes)``; H and W at least 57.
    """

    def __init__(self, num_classes: int = 10, in_channels: int = 3) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 48, 11, stride=4, padding=5),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(48, 128, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(128, 192, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(192, 192, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(192, 128, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(3)
        self.classifier = nn.Sequential(
            nn.Linear(1152, 2048),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(2048, 2048),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(2048, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return logits

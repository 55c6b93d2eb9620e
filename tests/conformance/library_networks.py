"""Networks with traits of the libraries', each of which has broken a rewriter.

Each is a backbone's factory: ``tests.conformance.library_networks:fused``.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.conformance.networks import DropPath, Headed, Optional, conv


class Asking(Headed):
    """Has parts with optional arguments; each is always called in one way."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.stem, self.alone, self.given = conv(in_channels, 4), Optional(), Optional()
        self.passing = Passing()

    def forward(self, x: Tensor) -> Tensor:
        x = self.alone(self.stem(x))
        return self.classify(self.passing(self.given(x, shortcut=2 * x), None, x))


class Passing(nn.Module):
    """Hands an optional argument on; asks for another, which nobody gives."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Optional()

    def forward(
        self, x: Tensor, scale: Tensor | None = None, shortcut: Tensor | None = None
    ) -> Tensor:
        result: Tensor = self.inner(x if scale is None else scale * x, shortcut)
        return result


class Listing(Headed):
    """Gives a list of maps to a part that writes into it."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.first, self.second, self.writing = conv(in_channels, 4), conv(4, 4), Writing()

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x))
        first, second = self.writing([x, self.second(x)])
        return self.classify(first - second)


class Writing(nn.Module):
    """Changes a list that it is given."""

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        maps[0] = 2 * maps[0]
        return maps


class Fused(Headed):
    """Norms with an activation inside: two plain, one that serves two calls, one parametric."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.first, self.second, self.third = conv(in_channels, 4), conv(4, 4), conv(4, 4)
        self.batch, self.group = FusedBatchNorm(nn.ReLU(inplace=True)), FusedGroupNorm(2, 4)
        self.shared, self.parametric = FusedBatchNorm(nn.SiLU()), FusedBatchNorm(nn.PReLU())

    def forward(self, x: Tensor) -> Tensor:
        x = self.group(self.second(self.batch(self.first(x))))
        x = self.shared(self.third(self.shared(x)))
        return self.classify(F.dropout(self.parametric(self.second(x)), 0.5, self.training))


class FusedBatchNorm(nn.BatchNorm2d):
    """A batch norm whose graphs differ between training and evaluation, and an activation."""

    def __init__(self, act: nn.Module) -> None:
        super().__init__(4)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.num_batches_tracked.add_(1)
        x = F.batch_norm(x, self.running_mean, self.running_var, training=self.training)
        result: Tensor = self.act(x)
        return result


class FusedGroupNorm(nn.GroupNorm):
    """A group norm with an activation of a class that torch does not know."""

    def __init__(self, groups: int, channels: int) -> None:
        super().__init__(groups, channels)
        self.act = Swish()

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.act(super().forward(x))
        return result


class Swish(nn.Module):
    """A library's own activation."""

    def forward(self, x: Tensor) -> Tensor:
        return x * x.sigmoid()


class Pieces(Headed):
    """Splits: one group of channels is added to the convolution of the other (Res2Net)."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.stem, self.first, self.second = conv(in_channels, 4), conv(2, 2), conv(2, 2)
        self.gain = nn.Parameter(torch.full((), 0.5))
        self.drop = DropPath()

    def forward(self, x: Tensor) -> Tensor:
        shortcut = self.stem(x)
        one, two = torch.split(shortcut, 2, 1)
        one = self.first(one)
        two = self.second(one + two)
        out = self.drop(torch.cat([one, two], 1))
        out.mul_(self.gain)
        return self.classify(out * 0.2 + shortcut)


class Deep(Headed):
    """Has its residual additions deep in one ``forward``: by identity and by projection."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.first, self.second = conv(in_channels, 4), conv(4, 4)
        self.third, self.fourth, self.project = conv(4, 4), conv(4, 4, 2), nn.Conv2d(4, 4, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.second(F.relu(self.first(x))))
        x = F.relu(x + self.third(x))
        return self.classify(self.project(x) + self.fourth(F.relu(self.third(x))))


def deep(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Deep(num_classes, in_channels)


def asking(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Asking(num_classes, in_channels)


def listing(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Listing(num_classes, in_channels)


def fused(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Fused(num_classes, in_channels)


def pieces(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Pieces(num_classes, in_channels)

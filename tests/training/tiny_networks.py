"""Networks that train in milliseconds, for the tests of this folder."""

from collections import namedtuple

import torch
from torch import Tensor, nn

Heads = namedtuple("Heads", ["logits", "auxiliary"])  # as googlenet returns


class Tiny(nn.Module):
    """Two convolutions, an optional gate fed by the whole map, dropout and a classifier."""

    def __init__(
        self,
        num_classes: int = 4,
        channels: int = 1,
        width: int = 8,
        dropout: float = 0.0,
        gate: type[nn.Module] = nn.Identity,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.gate = gate(width) if gate is not nn.Identity else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.gate(self.bn2(self.conv2(x))))
        logits: Tensor = self.fc(self.dropout(x.mean((2, 3))))
        return logits


class Gate(nn.Module):
    """Scale each channel by what the whole map says."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(channels, 4), nn.Linear(4, channels)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.outer(torch.relu(self.inner(x.mean((2, 3)))))
        return x * torch.sigmoid(gate)[:, :, None, None]


class Penalised(nn.Module):
    """A module with weights that act on nothing but a penalty of 0.5 times their magnitude."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, channels))

    def forward(self, x: Tensor) -> Tensor:
        return x

    def penalty_loss(self) -> Tensor:
        return 0.5 * self.weight.abs().sum()


class Pixels(nn.Module):
    """A linear classifier of the pixels that remembers every batch that it was trained on."""

    def __init__(self, num_pixels: int, num_classes: int = 4) -> None:
        super().__init__()
        self.fc = nn.Linear(num_pixels, num_classes)
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.seen.append(x.detach().clone())
        logits: Tensor = self.fc(x.flatten(1))
        return logits


class TwoHeads(Tiny):
    """Returns two outputs in training, as googlenet does."""

    def forward(self, x: Tensor) -> Tensor | Heads:  # type: ignore[override]  # as googlenet
        logits = super().forward(x)
        return Heads(logits, torch.zeros_like(logits)) if self.training else logits


class Exploding(nn.Module):
    """Its loss becomes infinite once its weight, which grows at each step, exceeds a limit."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.limit = limit

    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros(len(x), 4) * self.weight

    def penalty_loss(self) -> Tensor:
        return torch.where(self.weight < self.limit, -self.weight, torch.inf)

"""Attention modules as users write them."""

from typing import Literal

import torch
from torch import Tensor, nn


class ScaledGate(nn.Module):
    """A gate of every channel, with an L1 term for its scales."""

    slots = ("block_end", "after_conv")
    url = "https://example.org/scaled-gate"

    def __init__(
        self,
        channels: int,
        *,
        strength: float = 0.0,
        repeats: int = 1,
        inverted: bool = False,
        start: Literal["zero", "half"] = "half",
    ) -> None:
        super().__init__()
        self.strength, self.repeats, self.inverted = strength, repeats, inverted
        self.scale = nn.Parameter(torch.full((1, channels, 1, 1), 0.5 if start == "half" else 0.0))

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(-self.scale if self.inverted else self.scale)
        for _ in range(self.repeats):
            x = x * gate.to(x.dtype)
        return x

    def penalty_loss(self) -> Tensor:
        return self.strength * self.scale.abs().sum()


class Pixelwise(nn.Module):
    """A weight for every pixel: it needs the size of its maps."""

    def __init__(self, channels: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, 1, *size))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight.to(x.dtype)


class Looking(nn.Module):
    """Looks at values, which tensors without any cannot show."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gain if float(x.detach().abs().max()) < 1e6 else x


class Halving(nn.Module):
    """Changes the size of its maps."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.pool(x)
        return y


class Demanding(nn.Module):
    """Takes an argument that has no default."""

    def __init__(self, channels: int, memory: int) -> None:
        super().__init__()


class Rectifier(nn.Module):
    """An activation."""

    slots = ("activation",)

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.full((1, channels, 1, 1), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.maximum(x, self.slope * x)


class Misplaced(ScaledGate):
    slots = ("blockend",)


def returns_none(channels: int) -> None:
    return None

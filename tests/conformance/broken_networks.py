"""Backbones as users get them wrong, each in its own way, all over ``Plain``."""

import sys
import threading
from itertools import count
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_CALLS = count(1)


class Plain(nn.Module):
    """Two convolutions and a classifier."""

    def __init__(self, num_classes: int, in_channels: int, width: int = 4) -> None:
        super().__init__()
        convs = nn.Conv2d(in_channels, width, 3), nn.Conv2d(width, width, 3)
        self.body = nn.Sequential(convs[0], nn.ReLU(), convs[1])
        self.fc = nn.Linear(width, num_classes)

    def logits(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(F.relu(self.body(x)).mean((2, 3)))
        return logits

    def forward(self, x: Tensor) -> Any:
        return self.logits(x)


class Untraceable(nn.Module):
    """Calls its convolution in a loop whose length depends on the image."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(in_channels, in_channels, 3), nn.Linear(1, num_classes)

    def forward(self, x: Tensor) -> Any:
        while x.shape[2] > 4 and x.mean() < 1e9:
            x = F.relu(self.conv(x))
        return self.fc(x.mean((1, 2, 3))[:, None])


class Returning(Plain):
    """Returns what ``change`` makes of the logits, in the given mode."""

    def __init__(self, change: str, mode: str, *sizes: int) -> None:
        super().__init__(*sizes)
        self.change, self.mode = change, mode

    def forward(self, x: Tensor) -> Any:
        logits = self.logits(x)
        if self.training != (self.mode == "training"):
            return logits
        return {
            "classes": lambda: logits.argmax(1),
            "detached": logits.detach,
            "nothing": lambda: None,
            "numbers": lambda: [1.0, logits],
            "text": lambda: "a cat",
            "whole": lambda: torch.cat([logits, logits], 1),
        }[self.change]()


class Leaving(Plain):
    def forward(self, x: Tensor) -> Tensor:
        return sys.exit("no licence")


def plain(num_classes: int = 10, in_channels: int = 3, width: int = 4) -> nn.Module:
    return Plain(num_classes, in_channels, width)


class Greedy(Plain):
    """Has memory for twelve images in training."""

    def forward(self, x: Tensor) -> Any:
        if self.training and len(x) > 12:
            torch.empty(1 << 60)
        return self.logits(x)


def greedy(num_classes: int = 10, in_channels: int = 3, width: int = 4) -> nn.Module:
    return Greedy(num_classes, in_channels, width)


class Printing(Plain):
    def forward(self, x: Tensor) -> Tensor:
        print("running a network")
        return self.logits(x)


def printing(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    print("making a network")
    return Printing(num_classes, in_channels)


def untraceable(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Untraceable(num_classes, in_channels)


def returning(
    num_classes: int = 10, in_channels: int = 3, change: str = "", mode: str = "training"
) -> nn.Module:
    return Returning(change, mode, num_classes, in_channels)


def leaving_forward(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Leaving(num_classes, in_channels)


def deaf(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Plain(1000, in_channels)


def changing(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Plain(num_classes, in_channels, 4 + next(_CALLS) % 2)


def double(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Plain(num_classes, in_channels).double()


def frozen(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Plain(num_classes, in_channels).requires_grad_(requires_grad=False)


def lazy(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(num_classes))


def leaving(**_: Any) -> nn.Module:
    return sys.exit(3)


def interrupted(**_: Any) -> nn.Module:
    raise KeyboardInterrupt


def uncopyable(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    net = Plain(num_classes, in_channels)
    net.guard = threading.Lock()  # type: ignore[assignment]  # such as loggers hold
    return net

"""A user's network whose training takes time and no processor, as if it were on a GPU elsewhere.

All else is real: nasattn traces it, places attention in it, trains it and measures it.
"""

import os
import time
from pathlib import Path

import torch
from torch import Tensor, nn

GO = "SLEEPING_GO"
"""Of the environment: the name of a file.

Where it is set, a process trains its first network without a nap, so that all that is done once is
done, and no other before the file is there.
"""

_FEWEST = 3  # smaller batches are tried before a study is made


class Sleep(nn.Module):
    """Passes its input on after some seconds of training.

    Args:
        seconds: Of each batch.
    """

    trained = 0
    """Networks that this process has trained."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._number = 0

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) >= _FEWEST:
            if not self._number:
                Sleep.trained += 1
                self._number = Sleep.trained
            file = os.environ.get(GO)
            if not file or self._number > 1:
                while file and not Path(file).exists():
                    time.sleep(0.01)
                time.sleep(self._seconds)
        return x


class Sleeper(nn.Module):
    """Two convolutions that need a nap."""

    def __init__(self, num_classes: int, in_channels: int, seconds: float) -> None:
        super().__init__()
        self.nap = Sleep(seconds)
        self.conv1 = nn.Conv2d(in_channels, 8, 3, padding=1)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.relu2 = nn.ReLU()
        self.fc = nn.Linear(8, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu1(self.conv1(self.nap(x)))
        x = self.relu2(self.conv2(x))
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))


def network(num_classes: int, in_channels: int, seconds: float = 0.0) -> Sleeper:
    """Return the network."""
    return Sleeper(num_classes, in_channels, seconds)

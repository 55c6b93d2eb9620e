"""Where and how a search runs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from nasattn.search.study.observer import Observer


@dataclass(frozen=True, slots=True)
class Session:
    """Where and how a search runs; nothing in it changes a result, but for the device.

    Attributes:
        runs_dir: The folder of run folders.
        device: Where to train.
        observer: Hears of every step.
        check: Raises StoppedError when the user has asked to stop.
    """

    runs_dir: Path
    device: torch.device
    observer: Observer
    check: Callable[[], None]

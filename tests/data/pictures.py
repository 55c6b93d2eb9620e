"""Small folders of pictures."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_noise(
    root: Path,
    count: int,
    classes: tuple[str, ...] = ("cat", "dog"),
    size: tuple[int, int] = (12, 12),
    seed: int = 0,
) -> Path:
    """Write ``count`` PNGs of noise for each class into ``root/CLASS``; return ``root``."""
    noise = np.random.default_rng(seed)
    for name in classes:
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = noise.integers(0, 256, (*size, 3), np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number:03}.png")
    return root


def write_split(root: Path, size: tuple[int, int] = (12, 12)) -> Path:
    """Write a set with a training and a test folder; return ``root``."""
    write_noise(root / "train", 20, size=size)
    write_noise(root / "test", 5, size=size, seed=1)
    return root

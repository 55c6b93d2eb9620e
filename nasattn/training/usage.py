"""How a trained network is used: what goes in, what comes out."""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from nasattn.errors import UserError
from nasattn.schema import Strict, validate

USAGE_FILE = "usage.json"

Count = Annotated[int, Field(ge=1)]


class Usage(Strict):
    """What goes into a trained network, what comes out, and how its accuracy was measured.

    Attributes:
        classes: Names of the outputs, in their order.
        input_shape: (C, H, W) of the images.
        mean: What was taken off each channel, from 0 to 1.
        std: What each channel was then divided by, in the same units.
        precision: In which it was evaluated.
        channels_last: Whether the channels of a pixel were together in memory.
        batch_size: Images in a step of its training.
        threads: CPU threads.
    """

    classes: tuple[str, ...]
    input_shape: tuple[Count, Count, Count]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    precision: Literal["fp32", "bf16", "fp16", "auto"]
    channels_last: bool
    batch_size: Count
    threads: Count


def read_usage(folder: Path) -> Usage:
    """Read how the network in a trial's folder is used.

    Raises:
        UserError: the file is missing or damaged.
    """
    path = folder / USAGE_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UserError(f"{path}: not JSON: {error}") from None
    return validate(Usage, values, str(path))

"""What is kept of a trained network: its weights, and all that it takes to use them."""

import io
import json
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import nn

from nasattn.data import Splits
from nasattn.errors import UserError
from nasattn.files import write_atomic
from nasattn.records import WEIGHTS_FILE
from nasattn.schema import Strict, validate
from nasattn.search.study.settings import Settings

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


def usage_of(settings: Settings, splits: Splits) -> Usage:
    """Return how the networks that a frozen study trains are used."""
    recipe = settings.recipe
    return Usage(
        classes=splits.classes,
        input_shape=settings.input_shape,
        mean=splits.mean,
        std=splits.std,
        precision=recipe.precision,
        channels_last=recipe.channels_last,
        batch_size=recipe.batch_size,
        threads=settings.execution.threads,
    )


def keep_network(network: nn.Module, usage: Usage, folder: Path) -> None:
    """Write how a network is used, and its state dict; ``nasattn.build`` makes its network.

    Raises:
        WriteError: a file cannot be written.
    """
    write_atomic(folder / USAGE_FILE, usage.model_dump_json(indent=1) + "\n")
    file = io.BytesIO()
    torch.save({name: tensor.cpu() for name, tensor in network.state_dict().items()}, file)
    write_atomic(folder / WEIGHTS_FILE, file.getbuffer())


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

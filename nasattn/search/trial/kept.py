"""What is kept of a trained network: its weights, and all that it takes to use them."""

import io
from pathlib import Path

import torch
from torch import nn

from nasattn.data import Splits
from nasattn.files import write_atomic
from nasattn.records import WEIGHTS_FILE
from nasattn.search.study.settings import Settings
from nasattn.training import USAGE_FILE, Usage


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

"""The network of a trial's folder, ready to be used."""

import shlex
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from nasattn.data import ImageSet
from nasattn.errors import UserError
from nasattn.export import read_network
from nasattn.export.safe_weights import SAFE_WEIGHTS_FILE
from nasattn.records import ARCHITECTURE_FILE, WEIGHTS_FILE, Study, Trial
from nasattn.training import (
    USAGE_FILE,
    Outputs,
    Recipe,
    Usage,
    deterministic,
    on_device,
    outputs_of,
    resolve_recipe,
)


@dataclass(frozen=True, eq=False, slots=True)
class KeptNetwork:
    """A trained network on its device.

    Args:
        network: With its weights.
        usage: What goes into it and what comes out.
        recipe: Precision, memory format and batch size that it runs with.
        device: Where it runs.
        digest: The identity of its architecture.
    """

    network: nn.Module
    usage: Usage
    recipe: Recipe
    device: torch.device
    digest: str

    def outputs(self, images: ImageSet) -> Outputs:
        """Run it on images just as its accuracy was measured.

        Raises:
            FailedError: an image cannot be read, or memory does not suffice.
        """
        with deterministic(self.usage.threads):
            return outputs_of(self.network, images, self.usage, self.recipe, self.device)


def load_network(folder: Path, device: torch.device) -> KeptNetwork:
    """Build the network of a trial's folder, or of an exported one, with its weights.

    Where the device cannot compute in the precision that the network was evaluated in, it is
    float32.

    Raises:
        UserError: a file is missing or damaged, or they do not belong together.
    """
    network, architecture, usage = read_network(folder)
    recipe = _recipe(usage, device)
    network = on_device(network, recipe, device)
    return KeptNetwork(network, usage, recipe, device, architecture.digest)


def _recipe(usage: Usage, device: torch.device) -> Recipe:
    recipe = Recipe(
        precision=usage.precision,
        channels_last=usage.channels_last,
        batch_size=max(2, usage.batch_size),
    )
    try:
        return resolve_recipe(recipe, device)
    except UserError:
        return recipe.model_copy(update={"precision": "fp32"})


def check_kept(folder: Path, study: Study | None, trial: Trial | None) -> None:
    """Check that a trial's folder has weights, and what it takes to use them.

    Args:
        folder: The trial's.
        study: Its study, where that is known.
        trial: Its record, likewise.

    Raises:
        UserError: it has none; the message says how to get them.
    """
    weights = SAFE_WEIGHTS_FILE if (folder / SAFE_WEIGHTS_FILE).is_file() else WEIGHTS_FILE
    missing = [name for name in (weights, USAGE_FILE) if not (folder / name).is_file()]
    if missing:
        raise UserError(f"{folder}: no {missing[0]} was kept; {_remedy(folder, study, trial)}")


def _remedy(folder: Path, study: Study | None, trial: Trial | None) -> str:
    if trial is not None and trial.state != "complete":
        return f"the trial is {trial.state}, and weights are kept of trials that are complete"
    if study is not None and trial is not None and trial.variant:
        words = [f"{study.name}:{trial.variant}"]
    else:
        words = [str(folder / ARCHITECTURE_FILE), "--data", _data_words(study)]
    return (
        f"nasattn train {shlex.join(words)} trains it alone and keeps them; nasattn search … "
        "--set execution.keep_weights=true keeps those of all trials to come"
    )


def _data_words(study: Study | None) -> str:
    data = study.table("data") if study is not None else {}
    return ":".join(str(data[key]) for key in ("name", "root") if key in data) or "KIND:PATH"

"""A trained network out of a folder: one that was exported, or a trial's."""

import importlib.machinery
import importlib.util
import json
from pathlib import Path
from typing import NamedTuple

from torch import nn

from nasattn.backbones.weights import load_weights, read_weights
from nasattn.errors import UserError
from nasattn.export.safe_weights import SAFE_WEIGHTS_FILE, read_safe
from nasattn.placement import Architecture, build, read_architecture
from nasattn.records import ARCHITECTURE_FILE, WEIGHTS_FILE
from nasattn.training import Usage, read_usage


def load(folder: Path | str) -> nn.Module:
    """Return the trained network of a folder that ``nasattn export`` wrote, or of a trial's.

    It is on the CPU, in evaluation mode, and equal to the exported one to the bit. Its input is
    ``(N, C, H, W)`` float, each channel from 0 to 1, less the mean and divided by the standard
    deviation that ``usage.json`` names; its output ``(N, classes)`` logits, in that file's order.

    No code in the folder is run: weights are read as tensors alone, and a backbone or module of
    the user's own (``package.module:name``) must be importable from elsewhere.

    Raises:
        UserError: a file is missing or damaged, they do not belong together, or the network's code
            would be the folder's.
    """
    return read_network(Path(folder)).network.eval()


class Kept(NamedTuple):
    """What a folder holds: the network with its weights, what it is, and how it is used."""

    network: nn.Module
    architecture: Architecture
    usage: Usage


def read_network(folder: Path) -> Kept:
    """Read a folder, as ``load`` does but for the network's mode."""
    _check_code(folder)
    architecture, usage = read_architecture(folder / ARCHITECTURE_FILE), read_usage(folder)
    network = build(architecture, num_classes=len(usage.classes), seed=0)
    safe = folder / SAFE_WEIGHTS_FILE
    path = safe if safe.is_file() else folder / WEIGHTS_FILE
    state = read_safe(path) if path is safe else read_weights(path).state
    load_weights(network, state, f"weights {path} in {ARCHITECTURE_FILE}'s network")
    return Kept(network, architecture, usage)


def _check_code(folder: Path) -> None:
    """Refuse a network whose code would be imported from the folder itself."""
    for name in _named(folder / ARCHITECTURE_FILE):
        package = name.partition(":")[0].partition(".")[0]
        spec = importlib.util.find_spec(package) if ":" in name and package else None
        if spec is not None and any(folder.resolve() in file.parents for file in _files(spec)):
            raise UserError(
                f"{folder}: {name} would be imported from the folder itself, and no code in it is "
                "run; install that package elsewhere, or start Python in another folder"
            )


def _named(path: Path) -> list[str]:
    """Return the names of backbone and modules, before anything checks, and imports, them."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        named = [values["backbone"], *(placed["module"] for placed in values["placements"])]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # whoever reads it next says what is wrong with it
    return list(map(str, named))


def _files(spec: importlib.machinery.ModuleSpec) -> list[Path]:
    places = [spec.origin] if spec.has_location and spec.origin else []
    # A package without a file of its own has folders only; "x" stands for what is in them.
    places += [f"{place}/x" for place in spec.submodule_search_locations or ()]
    return [Path(place).resolve() for place in places]

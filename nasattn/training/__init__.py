"""Training and evaluation of one network under a recipe."""

from nasattn.training.checkpoint import UnusableError
from nasattn.training.checkpoints import Checkpoints
from nasattn.training.determinism import deterministic, seed_of
from nasattn.training.device import on_device, resolve_device, resolve_recipe
from nasattn.training.evaluation import Outputs, Scores, evaluate, outputs_of
from nasattn.training.loop import WALL_CLOCK, Epoch, Training, train
from nasattn.training.precision import chosen_output
from nasattn.training.recipe import Optimizer, Recipe, Schedule
from nasattn.training.schedule import is_open_ended
from nasattn.training.shelf import FolderShelf, Kept, Shelf, remove_checkpoints
from nasattn.training.usage import USAGE_FILE, Usage, read_usage

__all__ = [
    "USAGE_FILE",
    "WALL_CLOCK",
    "Checkpoints",
    "Epoch",
    "FolderShelf",
    "Kept",
    "Optimizer",
    "Outputs",
    "Recipe",
    "Schedule",
    "Scores",
    "Shelf",
    "Training",
    "UnusableError",
    "Usage",
    "chosen_output",
    "deterministic",
    "evaluate",
    "is_open_ended",
    "on_device",
    "outputs_of",
    "read_usage",
    "remove_checkpoints",
    "resolve_device",
    "resolve_recipe",
    "seed_of",
    "train",
]

"""Training and evaluation of one network under a recipe."""

from nasattn.training.checkpoints import Checkpoints, remove_checkpoints
from nasattn.training.determinism import deterministic, seed_of
from nasattn.training.device import resolve_device, resolve_recipe
from nasattn.training.evaluation import Scores, evaluate
from nasattn.training.loop import Epoch, Training, train
from nasattn.training.precision import chosen_output
from nasattn.training.recipe import Optimizer, Recipe, Schedule
from nasattn.training.schedule import is_open_ended

__all__ = [
    "Checkpoints",
    "Epoch",
    "Optimizer",
    "Recipe",
    "Schedule",
    "Scores",
    "Training",
    "chosen_output",
    "deterministic",
    "evaluate",
    "is_open_ended",
    "remove_checkpoints",
    "resolve_device",
    "resolve_recipe",
    "seed_of",
    "train",
]

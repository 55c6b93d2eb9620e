"""Training and evaluation of one network under a recipe."""

from nasattn.training.checkpoints import Checkpoints, remove_checkpoints
from nasattn.training.determinism import deterministic, seed_of
from nasattn.training.device import on_device, resolve_device, resolve_recipe
from nasattn.training.evaluation import Outputs, Scores, evaluate, outputs_of
from nasattn.training.loop import WALL_CLOCK, Epoch, Training, train
from nasattn.training.precision import chosen_output
from nasattn.training.recipe import Optimizer, Recipe, Schedule
from nasattn.training.schedule import is_open_ended

__all__ = [
    "WALL_CLOCK",
    "Checkpoints",
    "Epoch",
    "Optimizer",
    "Outputs",
    "Recipe",
    "Schedule",
    "Scores",
    "Training",
    "chosen_output",
    "deterministic",
    "evaluate",
    "is_open_ended",
    "on_device",
    "outputs_of",
    "remove_checkpoints",
    "resolve_device",
    "resolve_recipe",
    "seed_of",
    "train",
]

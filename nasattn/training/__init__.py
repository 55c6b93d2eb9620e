"""Training and evaluation of one network under a recipe."""

from nasattn.training.determinism import deterministic, seed_of
from nasattn.training.device import resolve_device, resolve_recipe
from nasattn.training.evaluation import Scores, evaluate
from nasattn.training.loop import Epoch, train
from nasattn.training.precision import chosen_output
from nasattn.training.recipe import Optimizer, Recipe, Schedule

__all__ = [
    "Epoch",
    "Optimizer",
    "Recipe",
    "Schedule",
    "Scores",
    "chosen_output",
    "deterministic",
    "evaluate",
    "resolve_device",
    "resolve_recipe",
    "seed_of",
    "train",
]

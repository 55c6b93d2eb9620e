"""The learning rate's factor at each step."""

import math

from nasattn.training.recipe import Recipe


def factor(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """Return what the learning rate is multiplied by at ``step``, counted from 0 over all epochs.

    During warm-up it is (step + 1) / warm-up steps, so that the last of these has the full rate.
    """
    schedule = recipe.schedule
    warmup = round(schedule.warmup_epochs * steps_per_epoch)
    if step < warmup:
        return (step + 1) / warmup
    if schedule.name == "cosine":
        total = recipe.epochs * steps_per_epoch
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))
    gamma, milestones = schedule.gamma or 1.0, schedule.milestones or ()
    return math.prod(gamma for milestone in milestones if step >= milestone * steps_per_epoch)

"""The learning rate's factor at each step."""

import math

from nasattn.training.recipe import Recipe, Schedule


def factor(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """Return what the learning rate is multiplied by at ``step``, counted from 0 over all epochs.

    During warm-up it is (step + 1) / warm-up steps of the schedule's first factor (1, but for
    one-cycle), so that the last of these steps has all of it.
    """
    schedule = recipe.schedule
    warmup = round(schedule.warmup_epochs * steps_per_epoch)
    if step < warmup:
        return (step + 1) / warmup / (schedule.div_factor or 1.0)
    if schedule.name == "multistep":
        gamma, milestones = schedule.gamma or 1.0, schedule.milestones or ()
        return math.prod(gamma for milestone in milestones if step >= milestone * steps_per_epoch)
    done, steps = step - warmup, recipe.epochs * steps_per_epoch - warmup
    if schedule.name == "cosine":
        return _between(1.0, 0.0, math.pi * done / steps)
    first = 1 / (schedule.div_factor or 1.0)
    last = first / (schedule.final_div_factor or 1.0)
    return _one_cycle(first, last, (schedule.pct_start or 0.0) * steps - 1, done, steps - 1)


def is_open_ended(schedule: Schedule) -> bool:
    """Return whether the first epochs are the same however many follow them.

    With ``multistep`` they are. ``cosine`` and ``one-cycle`` spread their curve over all epochs,
    so that each step of a longer training has another rate.
    """
    return schedule.name == "multistep"


def _one_cycle(first: float, last: float, peak: float, done: int, end: int) -> float:
    """Return the factor ``done`` steps into a cycle whose last step is number ``end``.

    The peak need not fall on a step: torch's OneCycleLR puts it at pct_start · steps - 1.
    """
    if done <= peak:
        return _between(first, 1.0, math.pi * (done / peak if peak else 1.0))
    return _between(1.0, last, math.pi * ((done - peak) / (end - peak)))


def _between(first: float, last: float, angle: float) -> float:
    """Return the height of half a cosine from ``first`` (at 0) to ``last`` (at pi)."""
    return last + (first - last) / 2 * (1 + math.cos(angle))

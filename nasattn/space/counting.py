"""How many architectures a search space holds, and all of them one by one."""

from collections.abc import Iterator
from itertools import product
from math import prod

from nasattn.errors import UserError
from nasattn.placement import Architecture
from nasattn.space.decision import Decision, Outcome, outcomes
from nasattn.space.domains import Interval
from nasattn.space.space import Space


def size(space: Space) -> int:
    """Return the number of different architectures, exactly.

    Hyperparameters that come to the same at all sites of a decision (an ECA kernel of
    ``"adaptive"`` and of 3 at 16 channels) count once; an interval counts as one value.
    """
    return prod(len(_outcomes(decision)) for decision in space.decisions)


def intervals(space: Space) -> tuple[str, ...]:
    """Return the hyperparameters that range over an interval, ``choice.module.name``."""
    names = dict.fromkeys(
        f"{decision.choice}.{option.module}.{name}"
        for decision in space.decisions
        for option in decision.options
        for name, domain in option.hyperparameters
        if isinstance(domain, Interval)
    )
    return tuple(names)


def enumerate_architectures(space: Space) -> Iterator[Architecture]:
    """Return all architectures of a space, lazily, in a fixed order, each once.

    The first decision varies slowest; options and values come in the order of the file.

    Raises:
        UserError: at once, if a hyperparameter ranges over an interval.
    """
    if found := intervals(space):
        raise UserError(
            f"a search space with intervals cannot be enumerated: {', '.join(found)}; "
            "give an array of values instead of low and high"
        )
    pools = [_outcomes(decision) for decision in space.decisions]
    return (
        space.architecture(placement for outcome in chosen for placement in outcome.placements)
        for chosen in product(*pools)
    )


def _outcomes(decision: Decision) -> tuple[Outcome, ...]:
    return outcomes(decision, lambda domain: domain.representatives)

"""Going through the architectures of a space that keep to a budget, one by one."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nasattn.cost import CostModel
from nasattn.placement import Architecture
from nasattn.search.proposing.choosers import RandomChooser, params_of
from nasattn.space import Decision, Interval, Scalar, Space
from nasattn.space.decision import Outcome, outcomes, place

Vector = tuple[int, ...]
Listed = tuple[Architecture, dict[str, Scalar]]


@dataclass(frozen=True, slots=True)
class _Priced:
    """One outcome of a decision with what it adds to each cost of the budget."""

    decision: Decision
    outcome: Outcome
    adds: Vector


def list_architectures(
    space: Space,
    model: CostModel,
    budget: Mapping[str, int],
    *,
    check: Callable[[], None],
    seed: int | None = None,
) -> Iterator[Listed]:
    """Go through the architectures within a budget, each once, without walking the others.

    Costs add up over decisions, so a beginning that cannot be completed within the budget is
    left at once. An interval is represented by one number of it, drawn anew for each seed.

    Args:
        space: The space.
        model: The cost model of its backbone.
        budget: Upper bounds by cost.
        check: Called at every step; what it raises ends the listing.
        seed: Shuffles the order of the outcomes; None keeps the order of the file.

    Yields:
        The architecture, and the parameters that denote it.
    """
    names = tuple(budget)
    pools = [_price(decision, model, names) for decision in space.decisions]
    if seed is not None:
        order = random.Random(seed)
        pools = [order.sample(pool, len(pool)) for pool in pools]
    left = tuple(budget[name] - getattr(model.base, name) for name in names)
    chance = RandomChooser(seed or 0)
    for chosen in _walk(pools, left, _least_still_to_come(pools, len(names)), check):
        drawn = [(priced, _draw(priced, chance)) for priced in chosen]
        placements = [
            placement
            for priced, values in drawn
            for placement in place(priced.outcome.option, values, priced.decision.sites)
        ]
        params = {
            name: value
            for priced, values in drawn
            for name, value in params_of(priced.decision, priced.outcome.option, values.items())
        }
        yield space.architecture(placements), params


def _price(decision: Decision, model: CostModel, names: Sequence[str]) -> list[_Priced]:
    found = outcomes(decision, lambda domain: domain.representatives)
    return [_Priced(decision, outcome, _adds(outcome, model, names)) for outcome in found]


def _adds(outcome: Outcome, model: CostModel, names: Sequence[str]) -> Vector:
    totals = [model.placement(placement) for placement in outcome.placements]
    return tuple(sum(getattr(total, name) for total in totals) for name in names)


def _least_still_to_come(pools: Sequence[Sequence[_Priced]], width: int) -> list[Vector]:
    """Return, for each decision, the least that it and all later ones must add."""
    least: list[Vector] = [(0,) * width]
    for pool in reversed(pools):
        own = tuple(min(priced.adds[cost] for priced in pool) for cost in range(width))
        least.insert(0, _plus(own, least[0]))
    return least


def _walk(
    pools: Sequence[Sequence[_Priced]],
    left: Vector,
    least: Sequence[Vector],
    check: Callable[[], None],
) -> Iterator[tuple[_Priced, ...]]:
    check()
    if not pools:
        yield ()
        return
    for priced in pools[0]:
        rest = tuple(a - b for a, b in zip(left, priced.adds, strict=True))
        if all(a >= b for a, b in zip(rest, least[1], strict=True)):
            for later in _walk(pools[1:], rest, least[1:], check):
                yield (priced, *later)


def _plus(first: Vector, second: Vector) -> Vector:
    return tuple(a + b for a, b in zip(first, second, strict=True))


def _draw(priced: _Priced, chance: RandomChooser) -> dict[str, Scalar]:
    """Return an outcome's values with a number drawn for each interval."""
    domains = dict(priced.outcome.option.hyperparameters)
    values = dict(priced.outcome.values)
    for name, domain in domains.items():
        if isinstance(domain, Interval):
            number = chance.number(name, domain)
            values[name] = int(number) if domain.integer else number
    return values

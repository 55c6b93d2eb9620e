"""What the architectures of a space cost, without building them: costs add up over placements."""

from dataclasses import dataclass

from nasattn.cost import CostModel, Totals
from nasattn.cost.totals import sum_of
from nasattn.placement import Architecture, Placement
from nasattn.space.decision import Decision, Outcome, outcomes
from nasattn.space.options import Option
from nasattn.space.space import Space

COSTS = ("params", "flops")
Range = tuple[int, int]
Priced = list[tuple[Outcome, Totals]]


@dataclass(frozen=True, slots=True)
class Extremes:
    """The ends of one cost over a space.

    Attributes:
        cheapest: An architecture of the lowest cost.
        dearest: An architecture of the highest cost.
        range: The lowest and the highest cost.
    """

    cheapest: Architecture
    dearest: Architecture
    range: Range


@dataclass(frozen=True, slots=True)
class OptionCost:
    """What one option of a choice adds to the bare backbone, placed at all sites of the choice.

    Attributes:
        choice: Name of the choice.
        option: The option.
        params: The least and the most parameters over its hyperparameters' values.
        flops: The least and the most FLOPs.
    """

    choice: str
    option: Option
    params: Range
    flops: Range


def price(decision: Decision, model: CostModel) -> Priced:
    """Return the outcomes of a decision, each with what it adds to the bare backbone."""
    found = outcomes(decision, lambda domain: domain.probes)
    return [(outcome, sum_of(map(model.placement, outcome.placements))) for outcome in found]


def cost_range(space: Space, model: CostModel) -> dict[str, Range]:
    """Return the lowest and highest ``params`` and ``flops`` of a space.

    Exact where every hyperparameter is discrete; a continuous one counts at its two ends.

    Args:
        space: The space.
        model: The cost model of the space's backbone.
    """
    return {cost: found.range for cost, found in cost_extremes(space, model).items()}


def cost_extremes(space: Space, model: CostModel) -> dict[str, Extremes]:
    """Return the cheapest and dearest architectures of a space by ``params`` and ``flops``."""
    priced = [price(decision, model) for decision in space.decisions]
    return {cost: _extremes(space, cost, priced, model.base) for cost in COSTS}


def option_costs(space: Space, model: CostModel) -> tuple[OptionCost, ...]:
    """Return what each option of each choice adds where it is placed at all its sites."""
    sums: dict[tuple[str, Option], dict[str, Range]] = {}
    for decision in space.decisions:
        priced = price(decision, model)
        for option in decision.options:
            own = [totals for outcome, totals in priced if outcome.option == option]
            before = sums.get((decision.choice, option), dict.fromkeys(COSTS, (0, 0)))
            sums[decision.choice, option] = {
                cost: _added(before[cost], own, cost) for cost in COSTS
            }
    return tuple(
        OptionCost(choice, option, params=ranges["params"], flops=ranges["flops"])
        for (choice, option), ranges in sums.items()
    )


def _added(before: Range, totals: list[Totals], cost: str) -> Range:
    values = [getattr(total, cost) for total in totals]
    return before[0] + min(values), before[1] + max(values)


def _extremes(space: Space, cost: str, priced: list[Priced], base: Totals) -> Extremes:
    def of(pair: tuple[Outcome, Totals]) -> int:
        return int(getattr(pair[1], cost))

    low = [min(pairs, key=of) for pairs in priced]
    high = [max(pairs, key=of) for pairs in priced]
    bare = int(getattr(base, cost))
    return Extremes(
        cheapest=_architecture(space, low),
        dearest=_architecture(space, high),
        range=(bare + sum(map(of, low)), bare + sum(map(of, high))),
    )


def _architecture(space: Space, chosen: Priced) -> Architecture:
    placements: list[Placement] = []
    for outcome, _ in chosen:
        placements += outcome.placements
    return space.architecture(placements)

"""A search space in plain values: what ``nasattn space show --json`` prints."""

from collections.abc import Iterable

from nasattn.cost import CostModel, cost_model
from nasattn.placement import Architecture
from nasattn.placement.describing import (
    Document,
    describe_backbone,
    describe_refusal,
    describe_site,
)
from nasattn.space.budget import Budget
from nasattn.space.costs import Extremes, OptionCost, Range, cost_extremes, option_costs
from nasattn.space.counting import intervals, size
from nasattn.space.decision import Decision
from nasattn.space.distribution import Distribution
from nasattn.space.domains import Domain, Interval, Scalar
from nasattn.space.filters import filter_words
from nasattn.space.options import Option
from nasattn.space.schema import Choice, SpaceFile
from nasattn.space.space import Space, find_sites_of

_NO_BUDGET = Budget()

NUM_BINS = 48
"""Bins of a histogram; fewer where the costs differ by less."""


def describe(
    file: SpaceFile, place: str, num_classes: int, budget: Budget = _NO_BUDGET
) -> Document:
    """Describe a search space: its sites by choice, its size, its costs.

    Args:
        file: The file's content.
        place: The file's name.
        num_classes: Number of outputs of the networks whose cost is told.
        budget: Upper bounds; the share of architectures within them is told.

    Returns:
        Strings, numbers, lists and dictionaries only; costs as (least, most).

    Raises:
        UserError: as `Space.from_file` does.
    """
    space = Space.from_file(file, place)
    bare = space.architecture(())
    model = cost_model(bare, num_classes)
    extremes, costs = cost_extremes(space, model), option_costs(space, model)
    distribution = Distribution(space, model)
    bounds = budget.bounds(model.base)
    return {
        **describe_space(space, place, num_classes),
        "size": size(space),
        "intervals": list(intervals(space)),
        "choices": [_choice(choice, space, costs) for choice in file.choice],
        "bare": _costs(bare, model),
        "extremes": {cost: _extremes(found, model) for cost, found in extremes.items()},
        "drawn": distribution.drawn,
        "median": {cost: distribution.median(cost) for cost in extremes},
        "histogram": {
            cost: _histogram(distribution, cost, found.range) for cost, found in extremes.items()
        },
        "budget": bounds,
        "share_within_budget": distribution.share_within(bounds) if bounds else None,
        "refused": [describe_refusal(refusal) for refusal in find_sites_of(file, place)[1].refused],
    }


def describe_space(space: Space, place: str, num_classes: int) -> Document:
    """Return which space it is, for which networks, in plain values."""
    return {
        "file": place,
        **describe_backbone(space.backbone, dict(space.backbone_args), space.input_shape),
        "num_classes": num_classes,
    }


def _choice(choice: Choice, space: Space, costs: Iterable[OptionCost]) -> Document:
    decisions = [decision for decision in space.decisions if decision.choice == choice.name]
    return {
        "name": choice.name,
        "slot": str(choice.slot),
        "scope": str(choice.scope),
        "filters": filter_words(choice.given()),
        "num_sites": sum(len(decision.sites) for decision in decisions),
        "options": [_option(cost) for cost in costs if cost.choice == choice.name],
        "decisions": [_decision(decision) for decision in decisions],
    }


def _option(cost: OptionCost) -> Document:
    return {
        "module": cost.option.module,
        "hyperparameters": describe_domains(cost.option),
        "params": list(cost.params),
        "flops": list(cost.flops),
    }


def describe_domains(option: Option) -> Document:
    """Return the domains of an option's hyperparameters in plain values."""
    return {name: _domain(domain) for name, domain in option.hyperparameters}


def _domain(domain: Domain) -> list[Scalar] | Document:
    if isinstance(domain, Interval):
        return {"low": domain.low, "high": domain.high, "log": domain.log}
    return list(domain.values)


def _decision(decision: Decision) -> Document:
    return {"name": decision.name, "sites": [describe_site(site) for site in decision.sites]}


def _histogram(distribution: Distribution, cost: str, ends: Range) -> Document:
    """Return the shares of architectures between edges: the first bin holds both its edges."""
    low, high = ends
    bins = max(1, min(NUM_BINS, high - low))
    edges = [low + (high - low) * number // bins for number in range(bins + 1)]
    return {"edges": edges, "shares": distribution.histogram(cost, edges)}


def _extremes(found: Extremes, model: CostModel) -> Document:
    return {
        "cheapest": _costs(found.cheapest, model),
        "dearest": _costs(found.dearest, model),
    }


def _costs(architecture: Architecture, model: CostModel) -> Document:
    totals = model.cost(architecture)
    return {
        "digest": architecture.digest,
        "params": totals.params,
        "flops": totals.flops,
        "flops_stock": totals.flops_stock,
        "placements": [placement.to_dict() for placement in architecture.placements],
    }

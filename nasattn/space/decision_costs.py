"""What each decision of a search space costs: what ``nasattn cost SPACE --json`` prints."""

from collections.abc import Iterable
from dataclasses import asdict, fields

from nasattn.cost import Totals, cost_model
from nasattn.cost.additive import CostModel
from nasattn.cost.describing import backbone_stages, describe_stages
from nasattn.placement.describing import Document
from nasattn.space.costs import cost_range, price
from nasattn.space.decision import Decision
from nasattn.space.describing import describe_space
from nasattn.space.options import Option
from nasattn.space.schema import SpaceFile
from nasattn.space.space import Space


def describe_costs(file: SpaceFile, place: str, num_classes: int) -> Document:
    """Describe the cost of a space: the bare backbone, every option of every decision, the range.

    Args:
        file: The file's content.
        place: The file's name.
        num_classes: Number of outputs of the networks whose cost is told.

    Returns:
        Strings, numbers, lists and dictionaries only; an option's costs are what it adds, as
        (least, most) over the values of its hyperparameters.

    Raises:
        UserError: as `Space.from_file` does.
    """
    space = Space.from_file(file, place)
    bare = space.architecture(())
    model = cost_model(bare, num_classes)
    return {
        **describe_space(space, place, num_classes),
        "bare": asdict(model.base),
        "stages": describe_stages(backbone_stages(bare, num_classes)),
        "decisions": [_decision(decision, model) for decision in space.decisions],
        "range": {cost: list(ends) for cost, ends in cost_range(space, model).items()},
    }


def _decision(decision: Decision, model: CostModel) -> Document:
    priced = price(decision, model)
    return {
        "name": decision.name,
        "choice": decision.choice,
        "slot": str(decision.slot),
        "sites": [site.at for site in decision.sites],
        "options": [
            _option(option, [totals for outcome, totals in priced if outcome.option == option])
            for option in decision.options
        ],
    }


def _option(option: Option, priced: Iterable[Totals]) -> Document:
    counts = [asdict(totals) for totals in priced]
    names = [field.name for field in fields(Totals)]
    ends = {name: [min(c[name] for c in counts), max(c[name] for c in counts)] for name in names}
    return {"module": option.module, **ends}

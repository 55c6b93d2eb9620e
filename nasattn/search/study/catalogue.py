"""What a frozen study may train and what that costs; nothing of how it is trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nasattn.cost import CostModel, Totals
from nasattn.placement import Architecture
from nasattn.schema import validate
from nasattn.search.study.settings import Settings
from nasattn.search.study.variants import architectures
from nasattn.space import Space, SpaceFile


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a frozen study may train.

    Attributes:
        settings: The frozen study.
        model: Costs over its backbone.
        space: Its search space; None where it lists variants.
        variants: Its variants by name, in the order of the file.
    """

    settings: Settings
    model: CostModel
    space: Space | None
    variants: Mapping[str, Architecture]

    def within_budget(self, totals: Totals) -> bool:
        """Tell whether a cost keeps to every bound of the budget."""
        return all(getattr(totals, cost) <= bound for cost, bound in self.settings.budget.items())

    def allows(self, architecture: Architecture) -> bool:
        """Tell whether an architecture may become a trial."""
        return self.within_budget(self.model.cost(architecture))


def catalogue_of(settings: Settings) -> Catalogue:
    """Return what a frozen study may train, from its settings alone.

    Raises:
        UserError: the backbone or a module is not there any more.
    """
    shape, place = settings.input_shape, f'study "{settings.name}"'
    model = CostModel(settings.backbone, settings.backbone_args, shape, settings.num_classes)
    header = {
        "backbone": settings.backbone,
        "backbone_args": settings.backbone_args,
        "input_shape": list(shape),
    }
    space = space_of({**header, **settings.space}, place) if settings.space else None
    variants = architectures(settings.variant, settings.backbone, settings.backbone_args, shape)
    return Catalogue(settings, model, space, variants)


def space_of(values: Mapping[str, Any] | None, place: str) -> Space | None:
    """Return the search space of a file's values; None of None."""
    if values is None:
        return None
    return Space.from_file(validate(SpaceFile, values, place), place)

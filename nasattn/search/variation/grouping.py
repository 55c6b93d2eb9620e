"""Which placements of an architecture are taken away or changed together."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from nasattn.errors import UserError
from nasattn.placement import Architecture, Placement, Site, backbone_sites
from nasattn.space import Space

Groups = Mapping[str, tuple[Placement, ...]]


class By(StrEnum):
    """What one group of placements has in common."""

    SITE = "site"
    STAGE = "stage"
    MODULE = "module"


def placement_groups(architecture: Architecture, space: Space | None, by: By | None) -> Groups:
    """Group the placements of an architecture, in order of execution.

    Args:
        architecture: A canonical one.
        space: The search space that it was found in, if it was.
        by: What a group has in common. None: the decision of the search space that put it there;
            without a space module, slot kind and stage.

    Returns:
        The placements of each group by its name, such as ``gate.stage2``.

    Raises:
        UserError: there is nothing to group.
    """
    if not architecture.placements:
        raise UserError("nothing to leave out or add: it is the bare backbone")
    arguments, shape = dict(architecture.backbone_args), architecture.input_shape
    sites = backbone_sites(architecture.backbone, arguments, shape).sites
    placed = {placement.site: placement for placement in architecture.placements}
    name = _namer(space, by)
    groups: dict[str, tuple[Placement, ...]] = {}
    for site in sites:
        if placement := placed.get(site.name):
            key = name(site, placement)
            groups[key] = (*groups.get(key, ()), placement)
    return groups


def _namer(space: Space | None, by: By | None) -> Callable[[Site, Placement], str]:
    match by:
        case By.SITE:
            return lambda site, placement: f"{placement.module} {site.name}"
        case By.STAGE:
            return lambda site, placement: f"stage{site.stage}"
        case By.MODULE:
            return lambda site, placement: placement.module
    decisions = space.decisions if space else ()
    names = {site.name: decision.name for decision in decisions for site in decision.sites}
    return lambda site, placement: names.get(
        site.name, f"{placement.module} {site.slot} stage{site.stage}"
    )

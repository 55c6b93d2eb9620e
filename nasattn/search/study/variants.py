"""Variants: architectures that a study writes down by name."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from nasattn.errors import UserError
from nasattn.placement import Architecture, Placement, backbone_sites, canonical
from nasattn.search.study.study_file import Variant


def architectures(
    variants: tuple[Variant, ...],
    backbone: str,
    arguments: Mapping[str, Any],
    shape: tuple[int, int, int],
) -> dict[str, Architecture]:
    """Return the canonical architecture of every variant, by name.

    Raises:
        UserError: a variant names a site that the backbone does not have, a pattern that
            matches none, or an illegal module or hyperparameter; or two variants are one
            architecture.
    """
    found = {
        variant.name: _architecture(variant, backbone, arguments, shape) for variant in variants
    }
    names: dict[str, str] = {}
    for name, architecture in found.items():
        other = names.setdefault(architecture.digest, name)
        if other != name:
            raise UserError(f'variants "{other}" and "{name}" are the same architecture')
    return found


def _architecture(
    variant: Variant, backbone: str, arguments: Mapping[str, Any], shape: tuple[int, int, int]
) -> Architecture:
    try:
        placements = _expand(variant, backbone, arguments, shape)
        return canonical(backbone, arguments, shape, placements)
    except UserError as error:
        raise UserError(f'variant "{variant.name}": {error}') from None


def _expand(
    variant: Variant,
    backbone: str,
    arguments: Mapping[str, Any],
    shape: tuple[int, int, int],
) -> list[Placement]:
    """Return a variant's placements with every pattern replaced by the sites that it matches."""
    sites = backbone_sites(backbone, arguments, shape).sites
    placements: list[Placement] = []
    for item in variant.placements:
        calls = {site.at for site in sites if site.slot == item.slot}
        calls |= {site.follows for site in sites if site.follows and item.slot == "after_conv"}
        matching = sorted(at for at in calls if fnmatchcase(at, item.at))
        if not matching and any(sign in item.at for sign in "*?["):
            raise UserError(
                f'at = "{item.at}" matches no {item.slot} site; '
                f"there are: {', '.join(sorted(calls)) or 'none'}"
            )
        placements.extend(item.placement(at) for at in matching or [item.at])
    return placements


def total(variants: Mapping[str, Architecture]) -> int:
    """Return how many architectures a study of variants trains: all, and the bare backbone."""
    bare = any(not architecture.placements for architecture in variants.values())
    return len(variants) + (0 if bare else 1)

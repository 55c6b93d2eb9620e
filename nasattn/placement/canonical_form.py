"""The canonical form: equal networks are equal architectures."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import torch

from nasattn import attention
from nasattn.attention.slot_kind import SlotKind
from nasattn.backbones import check_input_shape, create
from nasattn.backbones.resolve import complete_arguments
from nasattn.errors import UnknownNameError, UserError
from nasattn.placement.architecture import Architecture, Placement, Scalar, Settings, Shape
from nasattn.placement.sites import Site, Sites, find_sites


def backbone_sites(backbone: str, backbone_args: Mapping[str, Scalar], input_shape: Shape) -> Sites:
    """Return the sites of a backbone by name; the answer is kept for the next call.

    Raises:
        UserError: there is no such backbone, or it does not take these arguments or images.
    """
    arguments = settings(complete_arguments(backbone, backbone_args))
    return _sites(backbone, arguments, check_input_shape(input_shape))


def settings(values: Mapping[str, Scalar]) -> Settings:
    """Return a mapping as a sorted tuple of pairs."""
    return tuple(sorted(values.items()))


@functools.lru_cache(maxsize=32)
def _sites(backbone: str, backbone_args: Settings, input_shape: Shape) -> Sites:
    with torch.random.fork_rng(devices=[]):
        arguments: dict[str, Any] = dict(backbone_args)
        net = create(backbone, in_channels=input_shape[0], **arguments)
    return find_sites(net, input_shape)


@functools.lru_cache(maxsize=32)
def _by_name(backbone: str, backbone_args: Settings, input_shape: Shape) -> dict[str, Site]:
    found = _sites(backbone, backbone_args, input_shape).sites
    follows = {f"{SlotKind.AFTER_CONV}:{site.follows}": site for site in found if site.follows}
    return {**follows, **{site.name: site for site in found}}


def canonical(
    backbone: str,
    backbone_args: Mapping[str, Scalar],
    input_shape: Shape,
    placements: Iterable[Placement],
) -> Architecture:
    """Return the architecture with every hyperparameter resolved at its site.

    Defaults are filled in (the arguments of our own backbones too), ``adaptive`` becomes a
    number, options without effect go, and a point that is both after a convolution and a
    block end is named as block end.

    Raises:
        UserError: naming the site, for a site that the backbone does not have, two
            placements on one site, or an illegal module or hyperparameter.
    """
    arguments = settings(complete_arguments(backbone, backbone_args))
    sites = _by_name(backbone, arguments, check_input_shape(input_shape))
    resolved: dict[str, Placement] = {}
    for placement in placements:
        if placement.site not in sites:
            raise _no_site(backbone, arguments, input_shape, placement)
        result = _resolve(placement, sites[placement.site])
        if result.site in resolved:
            other = resolved[result.site].module
            raise UserError(f"two placements at {result.site}: {other} and {placement.module}")
        resolved[result.site] = result
    ordered = tuple(sorted(resolved.values()))
    return Architecture(backbone, arguments, input_shape, ordered)


def _resolve(placement: Placement, site: Site) -> Placement:
    entry = attention.get(placement.module)
    if site.slot not in entry.slots:
        allowed = ", ".join(entry.slots)
        raise UserError(f"{placement.module} cannot stand at {site.name}; it takes: {allowed}")
    try:
        options = attention.resolve_options(
            placement.module, dict(placement.options), site.channels, site.size
        )
    except UserError as error:
        height, width = site.size
        shape = f"{site.channels}×{height}×{width}"
        raise UserError(f"{placement.module} at {site.name} ({shape}): {error}") from None
    return Placement(str(site.slot), site.at, placement.module, settings(options))


def _no_site(
    backbone: str, arguments: Settings, input_shape: Shape, placement: Placement
) -> UserError:
    found = _sites(backbone, arguments, input_shape)
    for refusal in found.refused:
        if refusal.module == placement.site:
            return UserError(f"nothing can be placed at {placement.site}: {refusal.reason}")
    known = [site.name for site in found.sites if site.slot == placement.slot]
    return UnknownNameError("site", placement.site, known, f"backbone {backbone}")

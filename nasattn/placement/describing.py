"""The sites of a backbone in plain values: what ``nasattn sites --json`` prints."""

from collections.abc import Mapping
from typing import Any

from nasattn.attention.slot_kind import SlotKind
from nasattn.errors import UnknownNameError
from nasattn.placement.architecture import Architecture, Scalar, Shape
from nasattn.placement.canonical_form import backbone_sites
from nasattn.placement.sites import Refusal, Site

Document = dict[str, Any]


def describe_sites(
    backbone: str,
    backbone_args: Mapping[str, Scalar],
    input_shape: Shape,
    slot: str | None = None,
) -> Document:
    """Describe every site of a backbone and what is refused.

    Args:
        backbone: Its name.
        backbone_args: Its arguments.
        input_shape: (C, H, W) of the images.
        slot: Only sites of this kind; None for all.

    Returns:
        Strings, numbers, lists and dictionaries only.

    Raises:
        UnknownNameError: there is no such backbone or slot kind.
        UserError: the backbone does not take these arguments or images.
    """
    if slot is not None and slot not in set(SlotKind):
        raise UnknownNameError("slot", slot, list(SlotKind))
    found = backbone_sites(backbone, backbone_args, input_shape)
    return {
        **describe_backbone(backbone, backbone_args, input_shape),
        "sites": [describe_site(site) for site in found.sites if slot in (None, site.slot)],
        "refused": [
            describe_refusal(refusal)
            for refusal in found.refused
            if slot is None or _concerns(refusal.module, slot)
        ],
    }


def describe_placed(architecture: Architecture) -> Document:
    """Describe an architecture: its placements and all sites of its backbone.

    Raises:
        UserError: the backbone is not there any more or does not take its arguments.
    """
    arguments, shape = dict(architecture.backbone_args), architecture.input_shape
    found = backbone_sites(architecture.backbone, arguments, shape)
    return {
        **describe_backbone(architecture.backbone, arguments, shape),
        "digest": architecture.digest,
        "placements": [placement.to_dict() for placement in architecture.placements],
        "sites": [describe_site(site) for site in found.sites],
    }


def describe_backbone(
    backbone: str, backbone_args: Mapping[str, Scalar], input_shape: Shape
) -> Document:
    """Return which backbone it is and what it takes, in plain values."""
    return {
        "backbone": backbone,
        "backbone_args": dict(backbone_args),
        "input_shape": list(input_shape),
    }


def describe_refusal(refusal: Refusal) -> Document:
    """Return a refusal in plain values."""
    return {"module": refusal.module, "reason": refusal.reason}


def describe_site(site: Site) -> Document:
    """Return a site in plain values."""
    return {
        "slot": str(site.slot),
        "at": site.at,
        "stage": site.stage,
        "block": site.block,
        "channels": site.channels,
        "size": list(site.size),
        "follows": site.follows,
        "calls": site.calls,
    }


def _concerns(module: str, slot: str) -> bool:
    """Tell whether a refusal is one of a site of this kind, or of a whole module."""
    kind, colon, _ = module.partition(":")
    return not colon or kind == slot

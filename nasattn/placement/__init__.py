"""Where attention modules meet backbones: sites, slots, surgery, architectures."""

from nasattn.placement.architecture import Architecture, Placement, read_architecture
from nasattn.placement.building import build
from nasattn.placement.canonical_form import backbone_sites, canonical
from nasattn.placement.sites import Refusal, Site, Sites, find_sites
from nasattn.placement.surgery import fill, open_slots

__all__ = [
    "Architecture",
    "Placement",
    "Refusal",
    "Site",
    "Sites",
    "backbone_sites",
    "build",
    "canonical",
    "fill",
    "find_sites",
    "open_slots",
    "read_architecture",
]

"""Search and ablate which attention module goes where in a convolutional network.

The names below are imported when they are first used: ``import nasattn`` imports no torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nasattn import attention, backbones
    from nasattn.attention import create as create_attention
    from nasattn.cost import measure_cost
    from nasattn.export import load
    from nasattn.placement import Architecture, Placement, build, fill, find_sites, open_slots

__version__ = "0.1.0"

__all__ = [
    "Architecture",
    "Placement",
    "attention",
    "backbones",
    "build",
    "create_attention",
    "fill",
    "find_sites",
    "load",
    "measure_cost",
    "open_slots",
]

_HOMES = {
    "Architecture": "nasattn.placement",
    "Placement": "nasattn.placement",
    "build": "nasattn.placement",
    "create_attention": "nasattn.attention:create",
    "fill": "nasattn.placement",
    "find_sites": "nasattn.placement",
    "load": "nasattn.export",
    "measure_cost": "nasattn.cost",
    "open_slots": "nasattn.placement",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'nasattn' has no attribute {name!r}")
    if name not in _HOMES:
        return importlib.import_module(f"nasattn.{name}")
    home, _, attribute = _HOMES[name].partition(":")
    return getattr(importlib.import_module(home), attribute or name)

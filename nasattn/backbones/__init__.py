"""Ordinary networks, and the resolver of their names; nothing here knows of attention."""

from nasattn.backbones.limits import check_input_shape
from nasattn.backbones.resolve import OWN, create, default_input_shape

__all__ = ["OWN", "check_input_shape", "create", "default_input_shape"]

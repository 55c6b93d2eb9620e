"""Ordinary networks, and the resolver of their names; nothing here knows of attention."""

from nasattn.backbones.resolve import OWN, create, default_input_shape

__all__ = ["OWN", "create", "default_input_shape"]

"""The note on a module that says at which site it was placed."""

from torch import nn

# A name of our own: a user's module may well have an attribute called ``site``.
_NOTE = "_nasattn_site"


def mark(module: nn.Module, site: str) -> None:
    """Note on a module the name of its site."""
    module.__dict__[_NOTE] = site


def marked_site(module: nn.Module) -> str | None:
    """Return the name of the site that a module was placed at; None if it was not placed."""
    site: str | None = module.__dict__.get(_NOTE)
    return site

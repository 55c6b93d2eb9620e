"""One attention module as the registry knows it."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from nasattn.attention.hyperparameter import Hyperparameter, Scalar
from nasattn.attention.slot_kind import SlotKind

Resolver = Callable[..., dict[str, Scalar]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One attention module as the registry knows it.

    Args:
        name: What search spaces call it.
        cls: Its class, or what makes one, called as ``cls(channels, size, **options)`` with
            size (H, W) or None.
        slots: The slot kinds that it fits.
        paper: Title and year of its paper.
        url: Where the paper or the authors' code is.
        hyperparameters: Its options.
        resolve: Called as ``resolve(channels, size, **options)`` with every option, each
            legal by itself; returns those that have an effect, in canonical form, or raises
            a UserError where they do not fit the channels or the size.
    """

    name: str
    cls: Callable[..., nn.Module]
    slots: frozenset[SlotKind]
    paper: str
    url: str
    hyperparameters: tuple[Hyperparameter, ...]
    resolve: Resolver

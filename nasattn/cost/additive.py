"""The cost of architectures without building them: placements add to the bare backbone."""

import functools
import math
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import nn

from nasattn import attention
from nasattn.attention.slot_kind import SlotKind
from nasattn.backbones import create
from nasattn.cost.count import Cost, measure_cost
from nasattn.cost.totals import Totals, sum_of
from nasattn.placement import Architecture, Placement, Site, Sites, backbone_sites
from nasattn.placement.architecture import Scalar, Settings, Shape
from nasattn.placement.canonical_form import settings

# Samplers draw options without a price from intervals: each draw would be kept.
_MOST_KEPT = 2**14


class CostModel:
    """Exact costs of all architectures over one backbone.

    The backbone is counted once, each module once for each map shape and hyperparameters.

    Args:
        backbone: Its name.
        backbone_args: Its arguments.
        input_shape: (C, H, W) of the images.
        num_classes: Number of outputs.

    Raises:
        UserError: the backbone is unknown or cannot be counted.
    """

    def __init__(
        self,
        backbone: str,
        backbone_args: Mapping[str, Scalar],
        input_shape: Shape,
        num_classes: int = 10,
    ) -> None:
        self.sites: Sites = backbone_sites(backbone, backbone_args, input_shape)
        self._sites = {site.name: site for site in self.sites.sites}
        with torch.random.fork_rng(devices=[]):
            net = create(backbone, num_classes, input_shape[0], **dict(backbone_args))
        self.bare: Cost = measure_cost(net, input_shape)
        self._activations = {
            site.own: net.get_submodule(site.own) for site in self.sites.sites if site.own
        }
        self._own: dict[tuple[type[nn.Module], str, Shape], Totals] = {}
        self._added: dict[tuple[str, str, str, Settings], Totals] = {}

    @property
    def base(self) -> Totals:
        """The cost of the bare backbone."""
        return _totals(self.bare)

    def placement(self, placement: Placement) -> Totals:
        """Return what a canonical placement adds, less the activation that it replaces."""
        key = (placement.slot, placement.at, placement.module, placement.options)
        found = self._added.get(key)
        return self._add(*key) if found is None else found

    def cost(self, architecture: Architecture) -> Totals:
        """Return the cost of a canonical architecture over this backbone."""
        return sum_of((self.base, *map(self.placement, architecture.placements)))

    def _add(self, slot: str, at: str, module: str, options: Settings) -> Totals:
        priced = _priced(module, options)
        key = (slot, at, module, priced)
        if key not in self._added:
            site = self._sites[f"{slot}:{at}"]
            added = module_cost(module, priced, site.channels, site.size)
            self._added[key] = _called(added, site.calls) - self._replaced(site)
        if len(self._added) < _MOST_KEPT:
            self._added[slot, at, module, options] = self._added[key]
        return self._added[key]

    def _replaced(self, site: Site) -> Totals:
        """Return the cost of the backbone's own activation at a site."""
        if site.slot is not SlotKind.ACTIVATION:
            return Totals()
        shape = (site.channels, *site.size)
        if not site.own:
            return Totals(flops=site.calls * math.prod(shape))
        module = self._activations[site.own]
        key = (type(module), repr(module), shape)
        if key not in self._own:
            self._own[key] = _totals(measure_cost(module, shape))
        return _called(self._own[key], site.calls)


@functools.lru_cache(maxsize=4096)
def module_cost(name: str, options: Settings, channels: int, size: tuple[int, int]) -> Totals:
    """Return the cost of one attention module on a map of (channels, *size)."""
    with torch.random.fork_rng(devices=[]):
        module = attention.create(name, channels, size, **dict(options))
    return _totals(measure_cost(module, (channels, *size)))


def cost_model(architecture: Architecture, num_classes: int = 10) -> CostModel:
    """Return the cost model of an architecture's backbone."""
    arguments = settings(dict(architecture.backbone_args))
    return _model(architecture.backbone, arguments, architecture.input_shape, num_classes)


@functools.lru_cache(maxsize=8)
def _model(backbone: str, arguments: Settings, shape: Shape, num_classes: int) -> CostModel:
    return CostModel(backbone, dict(arguments), shape, num_classes)


def _totals(cost: Cost) -> Totals:
    return Totals(cost.params, cost.norm_statistics, cost.flops, cost.flops_stock)


def _called(totals: Totals, calls: int) -> Totals:
    """Return what a part costs that one image passes ``calls`` times."""
    return replace(totals, flops=calls * totals.flops, flops_stock=calls * totals.flops_stock)


def _priced(module: str, options: Settings) -> Settings:
    """Leave out the options that no cost depends on: a sampler may draw them from an interval."""
    free = _free(module)
    return tuple(item for item in options if item[0] not in free) if free else options


@functools.cache
def _free(module: str) -> frozenset[str]:
    return frozenset(item.name for item in attention.get(module).hyperparameters if not item.priced)

"""The cost of architectures without building them: placements add to the bare backbone."""

import functools
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import nn

from nasattn import attention
from nasattn.attention.slot_kind import SlotKind
from nasattn.backbones import create
from nasattn.cost.count import Cost, measure_cost
from nasattn.cost.totals import Totals
from nasattn.placement import Architecture, Placement, Sites, backbone_sites
from nasattn.placement.architecture import Scalar, Settings, Shape
from nasattn.placement.canonical_form import settings


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
        self._own_activations = _parametric_activations(net)

    @property
    def base(self) -> Totals:
        """The cost of the bare backbone."""
        bare = self.bare
        return Totals(bare.params, bare.norm_statistics, bare.flops, bare.flops_stock)

    def placement(self, placement: Placement) -> Totals:
        """Return what a canonical placement adds, less the activation that it replaces."""
        site = self._sites[placement.site]
        added = module_cost(placement.module, placement.options, site.channels, site.size)
        added = replace(
            added, flops=site.calls * added.flops, flops_stock=site.calls * added.flops_stock
        )
        if site.slot is not SlotKind.ACTIVATION:
            return added
        height, width = site.size
        replaced = self._own_activations.get(site.at, 0)
        elements = site.channels * height * width
        return added - Totals(params=replaced, flops=site.calls * elements)

    def cost(self, architecture: Architecture) -> Totals:
        """Return the cost of a canonical architecture over this backbone."""
        return sum((self.placement(p) for p in architecture.placements), self.base)


@functools.lru_cache(maxsize=4096)
def module_cost(name: str, options: Settings, channels: int, size: tuple[int, int]) -> Totals:
    """Return the cost of one attention module on a map of (channels, *size)."""
    with torch.random.fork_rng(devices=[]):
        module = attention.create(name, channels, size, **dict(options))
    cost = measure_cost(module, (channels, *size))
    return Totals(cost.params, cost.norm_statistics, cost.flops, cost.flops_stock)


def cost_model(architecture: Architecture, num_classes: int = 10) -> CostModel:
    """Return the cost model of an architecture's backbone."""
    arguments = settings(dict(architecture.backbone_args))
    return _model(architecture.backbone, arguments, architecture.input_shape, num_classes)


@functools.lru_cache(maxsize=8)
def _model(backbone: str, arguments: Settings, shape: Shape, num_classes: int) -> CostModel:
    return CostModel(backbone, dict(arguments), shape, num_classes)


def _parametric_activations(net: nn.Module) -> dict[str, int]:
    """Return the parameters of the activations that have any (they go when replaced)."""
    from nasattn.placement.layers import ACTIVATIONS

    return {
        path: sum(p.numel() for p in module.parameters())
        for path, module in net.named_modules()
        if isinstance(module, ACTIVATIONS) and any(True for _ in module.parameters())
    }

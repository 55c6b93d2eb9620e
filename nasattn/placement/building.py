"""From an architecture to the network."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from nasattn import attention
from nasattn.backbones import create
from nasattn.backbones.weights import load_weights
from nasattn.placement.architecture import Architecture, Placement
from nasattn.placement.canonical_form import backbone_sites
from nasattn.placement.sites import Site
from nasattn.placement.surgery import fill
from nasattn.seeding import derive_seed


def build(
    architecture: Architecture,
    num_classes: int = 10,
    seed: int | None = None,
    weights: Mapping[str, Tensor] | None = None,
) -> nn.Module:
    """Return a new network with its attention in place and no empty slot left.

    Args:
        architecture: A canonical architecture.
        num_classes: Number of outputs.
        seed: Initial weights derive from it: those of the backbone from the seed alone, so
            that all architectures of one seed share them, those of each placement from the
            seed and the site. Without it torch's global generator is drawn from.
        weights: A state dict of the bare backbone, every key of it, that it starts from
            instead; the placements' weights are drawn as without it.

    Shapes: ``(N, C, H, W)`` to ``(N, num_classes)``.

    Raises:
        UserError: the weights are of another network.
    """
    arguments = dict(architecture.backbone_args)
    channels = architecture.input_shape[0]
    found = backbone_sites(architecture.backbone, arguments, architecture.input_shape)
    sites = {site.name: site for site in found.sites}
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(derive_seed(seed, "backbone"))
        net = create(architecture.backbone, num_classes, channels, **arguments)
        if weights is not None:
            load_weights(net, weights, f"weights in backbone {architecture.backbone}")
        modules = {
            placement.site: _attention(placement, sites[placement.site], seed)
            for placement in architecture.placements
        }
    return fill(net, modules) if modules else net


def _attention(placement: Placement, site: Site, seed: int | None) -> nn.Module:
    options = dict(placement.options)
    if seed is not None:
        own = derive_seed(seed, "attention", site.name)
        torch.manual_seed(own)
        if any(hyper.name == "seed" for hyper in attention.get(placement.module).hyperparameters):
            options.setdefault("seed", own)
    return attention.create(placement.module, site.channels, site.size, **options)

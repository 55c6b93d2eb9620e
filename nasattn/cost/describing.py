"""Costs in plain values: what ``nasattn modules --json`` and ``nasattn cost --json`` print."""

from collections.abc import Iterable
from dataclasses import asdict

import torch

from nasattn import attention
from nasattn.attention import Entry
from nasattn.backbones import create
from nasattn.cost.additive import cost_model, module_cost
from nasattn.cost.stages import StageCost, stage_costs, with_placements
from nasattn.placement import Architecture
from nasattn.placement.describing import Document, describe_backbone

CHANNELS, SIZE = 64, (32, 32)
"""The map for which the costs of modules are told."""


def describe_modules() -> Document:
    """Describe every attention module: where it fits, what it takes, what it costs."""
    return {
        "channels": CHANNELS,
        "size": list(SIZE),
        "modules": [_module(attention.get(name)) for name in attention.known_names()],
    }


def describe_architecture(architecture: Architecture, num_classes: int) -> Document:
    """Describe the cost of a canonical architecture by stage and by placement.

    Args:
        architecture: The architecture; without placements it is the bare backbone.
        num_classes: Number of outputs.

    Returns:
        Strings, numbers, lists and dictionaries only. The costs of a placement are what it
        adds; the bare backbone and all placements add up to the total.

    Raises:
        UserError: the network cannot be counted.
    """
    model = cost_model(architecture, num_classes)
    sites = {site.name: site for site in model.sites.sites}
    added = [(sites[p.site], model.placement(p)) for p in architecture.placements]
    stages = with_placements(backbone_stages(architecture, num_classes), added)
    return {
        **describe_backbone(
            architecture.backbone, dict(architecture.backbone_args), architecture.input_shape
        ),
        "num_classes": num_classes,
        "digest": architecture.digest,
        **asdict(model.cost(architecture)),
        "bare": asdict(model.base),
        "stages": describe_stages(stages),
        "placements": [
            {**placement.to_dict(), "stage": site.stage, **asdict(totals)}
            for placement, (site, totals) in zip(architecture.placements, added, strict=True)
        ],
    }


def backbone_stages(architecture: Architecture, num_classes: int) -> tuple[StageCost, ...]:
    """Return the cost by stage of an architecture's bare backbone."""
    arguments, shape = dict(architecture.backbone_args), architecture.input_shape
    with torch.random.fork_rng(devices=[]):
        net = create(architecture.backbone, num_classes, shape[0], **arguments)
    model = cost_model(architecture, num_classes)
    return stage_costs(net, model.bare, model.sites.sites, shape)


def describe_stages(stages: Iterable[StageCost]) -> list[Document]:
    """Return costs by stage in plain values."""
    return [
        {
            "stage": stage.stage,
            "map": list(stage.map) if stage.map else None,
            **asdict(stage.totals),
        }
        for stage in stages
    ]


def _module(entry: Entry) -> Document:
    cost = asdict(module_cost(entry.name, (), CHANNELS, SIZE))
    return {
        "module": entry.name,
        "slots": sorted(map(str, entry.slots)),
        "paper": entry.paper,
        "url": entry.url,
        "hyperparameters": [
            {"name": item.name, "default": item.default, "values": item.values}
            for item in entry.hyperparameters
        ],
        **cost,
    }

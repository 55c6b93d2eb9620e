"""Where in a backbone its cost lies: every parameter and FLOP belongs to one stage."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from nasattn.attention.slot_kind import SlotKind
from nasattn.cost.count import Cost
from nasattn.cost.totals import Totals
from nasattn.placement import Site
from nasattn.placement.architecture import Shape

Size = tuple[int, int]
Part = tuple[str, Totals]

HEAD = "head"
UNUSED = "train only"


@dataclass(frozen=True, slots=True)
class StageCost:
    """What one stage of a network costs.

    Attributes:
        stage: ``stage1``, ``stage2``, …; then ``head`` for what returns no map, and
            ``train only`` for parts that evaluation leaves out, such as
            auxiliary classifiers.
        map: (C, H, W) at the end of the stage, where it has one.
        totals: Its cost; the stages' costs add up to the network's.
    """

    stage: str
    map: Shape | None
    totals: Totals


def stage_name(number: int) -> str:
    """Return how tables call a stage."""
    return f"stage{number}"


def stage_costs(
    net: nn.Module, cost: Cost, sites: Sequence[Site], input_shape: Shape
) -> tuple[StageCost, ...]:
    """Divide the cost of a bare backbone among its stages.

    A module's own cost belongs to the stage of its sites, else of its block, else of the map
    that it returns.

    Args:
        net: The backbone; it is not changed.
        cost: What :func:`nasattn.cost.measure_cost` counted on it.
        sites: Its sites.
        input_shape: (C, H, W) of its images.
    """
    maps = _end_maps(sites)
    sums: dict[str, Totals] = {stage: Totals() for stage in (*maps, HEAD, UNUSED)}
    for stage, totals in _parts(cost, sites, _Stages(sites, maps, _outputs(net, input_shape))):
        sums[stage] = sums[stage] + totals
    found = [StageCost(stage, maps.get(stage), totals) for stage, totals in sums.items()]
    return tuple(stage for stage in found if stage.totals != Totals())


def with_placements(
    stages: Iterable[StageCost], added: Iterable[tuple[Site, Totals]]
) -> tuple[StageCost, ...]:
    """Return the costs by stage after each placement's cost came to the stage of its site."""
    sums: dict[str, Totals] = {}
    for site, totals in added:
        stage = stage_name(site.stage)
        sums[stage] = sums.get(stage, Totals()) + totals
    return tuple(
        StageCost(stage.stage, stage.map, stage.totals + sums.get(stage.stage, Totals()))
        for stage in stages
    )


@dataclass(frozen=True, slots=True)
class _Stages:
    """Tells the stage of a module by its path.

    Attributes:
        sites: The backbone's sites.
        maps: The map at the end of each stage.
        outputs: Size of the map that each module returns, None for what is no map; modules
            that are not called are missing.
    """

    sites: Sequence[Site]
    maps: Mapping[str, Shape]
    outputs: Mapping[str, Size | None]

    def of(self, path: str) -> str:
        """Return the name of the stage that the module at ``path`` belongs to."""
        if path not in self.outputs:
            return UNUSED
        block = max(
            (site for site in self.sites if f"{path}.".startswith(f"{site.block}.")),
            key=lambda site: len(site.block),
            default=None,
        )
        exact = next((site for site in self.sites if site.at == path), block)
        return stage_name(exact.stage) if exact else self._by_size(self.outputs[path])

    def _by_size(self, size: Size | None) -> str:
        """Return the stage of the smallest maps that are not smaller than ``size``."""
        if size is None or size == (1, 1):
            return HEAD
        larger = [stage for stage, (_, *ends) in self.maps.items() if min(ends) >= min(size)]
        return min(
            larger, key=lambda stage: min(self.maps[stage][1:]), default=next(iter(self.maps), HEAD)
        )


def _parts(cost: Cost, sites: Sequence[Site], stages: _Stages) -> Iterator[Part]:
    """Yield every module's own cost with its stage."""
    children: dict[str, Totals] = {}
    for path, totals in cost.by_module.items():
        if path:
            parent = path.rpartition(".")[0]
            children[parent] = children.get(parent, Totals()) + totals
    for path, totals in cost.by_module.items():
        yield stages.of(path), totals - children.get(path, Totals())
    for site in sites:
        # An activation that is a function is counted in the module whose forward calls it.
        if site.slot is SlotKind.ACTIVATION and not site.own:
            height, width = site.size
            elements = Totals(flops=site.calls * site.channels * height * width)
            yield stage_name(site.stage), elements
            yield stages.of(site.at.rpartition(".")[0]), Totals() - elements


def _end_maps(sites: Sequence[Site]) -> dict[str, Shape]:
    """Return the last map of every stage, by the stage's name, in order."""
    ends: dict[str, Shape] = {}
    for site in sorted(sites, key=lambda site: site.stage):
        if site.slot in (SlotKind.AFTER_CONV, SlotKind.BLOCK_END):
            ends[stage_name(site.stage)] = (site.channels, *site.size)
    return ends


def _outputs(net: nn.Module, input_shape: Shape) -> dict[str, Size | None]:
    """Return the size of the map that each module returns; None where it is no map."""
    sizes: dict[str, Size | None] = {}

    def note(path: str, _: nn.Module, __: object, output: object) -> None:
        sizes[path] = None
        if isinstance(output, torch.Tensor) and output.ndim == 4:
            sizes[path] = (int(output.shape[2]), int(output.shape[3]))

    observed = copy.deepcopy(net).cpu().eval()
    for path, module in observed.named_modules():
        module.register_forward_hook(partial(note, path))
    reference = next(observed.parameters(), torch.zeros(()))
    with torch.no_grad():
        observed(torch.zeros(1, *input_shape, dtype=reference.dtype))
    return sizes

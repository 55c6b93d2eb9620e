"""The variants that an ablation compares: what is left out, added, swept or combined."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product

from nasattn.attention import SlotKind
from nasattn.errors import UserError
from nasattn.placement import Architecture, Placement
from nasattn.search.study.study_file import Variant, VariantPlacement
from nasattn.search.study.variants import architectures
from nasattn.search.variation.grouping import Groups
from nasattn.search.variation.source import BARE, FULL
from nasattn.search.variation.sweep import Sweep

Variants = Mapping[str, Architecture]
"""Architectures by name, the bare backbone first."""

_MOST = 128


def leave_one_out(full: Architecture, groups: Groups) -> Variants:
    """Return the bare backbone, the full architecture, and it without each group."""
    without = (
        {}
        if len(groups) == 1
        else {
            f"without {name}": [p for p in full.placements if p not in group]
            for name, group in groups.items()
        }
    )
    return _variants(full, {BARE: (), FULL: full.placements, **without})


def add_one_in(full: Architecture, groups: Groups) -> Variants:
    """Return the bare backbone, it with each group alone, and the full architecture."""
    alone = {} if len(groups) == 1 else {f"only {name}": group for name, group in groups.items()}
    return _variants(full, {BARE: (), **alone, FULL: full.placements})


def factorial(full: Architecture, groups: Groups) -> Variants:
    """Return every combination of groups, smaller ones first.

    Raises:
        UserError: there are too many.
    """
    _check_number(2 ** len(groups), f"{len(groups)} groups ({', '.join(groups)})")
    found: dict[str, Sequence[Placement]] = {BARE: ()}
    for size in range(1, len(groups)):
        for names in combinations(groups, size):
            found[" + ".join(names)] = [p for name in names for p in groups[name]]
    return _variants(full, {**found, FULL: full.placements})


def swept(full: Architecture, sweeps: Sequence[Sweep]) -> Variants:
    """Return the bare backbone, every combination of swept values, and the full architecture.

    The latter is left out where it is one of the combinations.

    Raises:
        UserError: a value is illegal at a site, there are too many combinations, or two of them
            are one architecture.
    """
    counts = [len(sweep.values) for sweep in sweeps]
    _check_number(math.prod(counts), " × ".join(map(str, counts)) + " values")
    found: dict[str, Sequence[Placement]] = {BARE: ()}
    for values in product(*(sweep.values for sweep in sweeps)):
        placements = full.placements
        for sweep, value in zip(sweeps, values, strict=True):
            placements = sweep.applied(value, placements)
        named = zip(sweeps, values, strict=True)
        found[", ".join(f"{sweep.factor}={_word(value)}" for sweep, value in named)] = placements
    combined = _variants(full, found)
    if full in combined.values():
        return combined
    return {**combined, FULL: full}


def named(chosen: Mapping[str, Architecture]) -> Variants:
    """Return architectures of one backbone under their names, beside the bare one."""
    others = {name: each.placements for name, each in chosen.items() if each.placements}
    return _variants(next(iter(chosen.values())), {BARE: (), **others})


def _variants(like: Architecture, found: Mapping[str, Iterable[Placement]]) -> Variants:
    """Return the canonical architectures of one backbone.

    Raises:
        UserError: a value is illegal at its site, or two variants are one architecture.
    """
    written = tuple(
        Variant(name=name, placements=tuple(map(written_placement, placements)))
        for name, placements in found.items()
    )
    return architectures(written, like.backbone, dict(like.backbone_args), like.input_shape)


def written_placement(placement: Placement) -> VariantPlacement:
    """Return a placement as a study file has it."""
    return VariantPlacement(
        slot=SlotKind(placement.slot),
        at=placement.at,
        module=placement.module,
        options=dict(placement.options),
    )


def _check_number(count: int, words: str) -> None:
    if count > _MOST:
        raise UserError(
            f"{words} make {count} architectures, more than {_MOST}; fewer values, or --by stage "
            "or --by module, make fewer"
        )


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

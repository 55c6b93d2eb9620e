"""What each part of a factorial does on average over all settings of the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from nasattn.analysis.paired import Difference, holm, paired_difference
from nasattn.analysis.variants import Variant


@dataclass(frozen=True, slots=True)
class MainEffect:
    """How much more accurate variants with a part are than those without it.

    Attributes:
        part: Its name.
        difference: Of the two means of each seed.
        p_holm: Of the paired t-test, adjusted for all parts.
    """

    part: str
    difference: Difference
    p_holm: float | None = None


def main_effects(
    variants: Sequence[Variant], parts: Mapping[str, Sequence[str]]
) -> tuple[MainEffect, ...]:
    """Return the effect of every part, over the seeds that all variants have.

    Args:
        variants: Of a full factorial.
        parts: By part, the names of the variants that have it.

    Returns:
        Nothing where the variants share no seed, or are not those of the factorial.
    """
    accuracies = {variant.name: variant.accuracies for variant in variants}
    if any(name not in accuracies for names in parts.values() for name in names):
        return ()
    seeds = [
        seed for seed in variants[0].by_seed if all(seed in own for own in accuracies.values())
    ]
    if not seeds or not parts:
        return ()
    found = [
        MainEffect(part, _difference(accuracies, set(names), seeds))
        for part, names in parts.items()
    ]
    adjusted = holm([effect.difference.p for effect in found])
    return tuple(replace(effect, p_holm=p) for effect, p in zip(found, adjusted, strict=True))


def _difference(
    accuracies: Mapping[str, Mapping[int, float]], having: set[str], seeds: Sequence[int]
) -> Difference:
    def side(*, has: bool) -> list[float]:
        names = [name for name in accuracies if (name in having) is has]
        return [fmean(accuracies[name][seed] for name in names) for seed in seeds]

    return paired_difference(side(has=True), side(has=False))

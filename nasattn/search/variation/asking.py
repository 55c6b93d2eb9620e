"""What may be asked of architectures: each question with its variants."""

from collections.abc import Sequence
from enum import StrEnum

from nasattn.errors import UnknownNameError, UserError
from nasattn.placement import Architecture
from nasattn.search.study.single import study_name
from nasattn.search.variation.grouping import By, Groups, placement_groups
from nasattn.search.variation.making import Look
from nasattn.search.variation.source import FULL, Source
from nasattn.search.variation.sweep import parse_sweep
from nasattn.search.variation.variations import (
    Variants,
    add_one_in,
    factorial,
    leave_one_out,
    named,
    swept,
)


class Asks(StrEnum):
    """What an ablation asks."""

    LEAVE_ONE_OUT = "leave-one-out"
    ADD_ONE_IN = "add-one-in"
    FACTORIAL = "factorial"


def by_of(word: str | None) -> By | None:
    """Return what ``--by`` names.

    Raises:
        UnknownNameError: nothing.
    """
    if word is not None and word not in set(By):
        raise UnknownNameError("group", word, list(By), "--by")
    return By(word) if word is not None else None


def ablation(
    source: Source, asks: Asks, sweeps: Sequence[str], by: By | None
) -> tuple[Variants, Look]:
    """Return the variants of one architecture that answer a question, and the question.

    Args:
        source: One architecture.
        asks: What is asked where nothing is swept.
        sweeps: ``atac.ratio=2,4,8`` each; all their combinations are made.
        by: What placements that are left out or added together have in common.

    Raises:
        UserError: there is nothing to leave out or to sweep, a value is illegal, or there are too
            many variants.
    """
    try:
        (full,) = source.architectures.values()
        return _swept(source, full, sweeps) if sweeps else _grouped(source, full, asks, by)
    except UserError as error:
        raise UserError(f"{source.words}: {error}") from None


def comparison(source: Source) -> tuple[Variants, Look]:
    """Return the architectures of a source as they are, beside the bare backbone."""
    question = f"How do {source.words} compare?"
    return named(source.architectures), Look("comparison", question, "ablate")


def retraining(source: Source) -> tuple[Variants, Look]:
    """Return the trials of a study beside the bare backbone, to be trained anew and kept.

    Raises:
        UserError: none of them is anything but the bare backbone.
    """
    variants = named(source.architectures)
    if len(variants) == 1:
        raise UserError(f"{source.words}: is the bare backbone, which is trained beside any other")
    question = f"What do {source.words} reach when they are trained anew?"
    return variants, Look("retrain", question, "retrain", seeds=5, keep_weights=True)


def _grouped(
    source: Source, full: Architecture, asks: Asks, by: By | None
) -> tuple[Variants, Look]:
    groups = placement_groups(full, source.space, by)
    match asks:
        case Asks.LEAVE_ONE_OUT:
            question = f"Which part of {source.words} is missed when it is left out?"
            look = Look(asks, question, "ablate", FULL)
            return leave_one_out(full, groups), look
        case Asks.ADD_ONE_IN:
            question = f"Which part of {source.words} helps alone?"
            return add_one_in(full, groups), Look(asks, question, "ablate")
        case Asks.FACTORIAL:
            question = f"What do the parts of {source.words} do together?"
            variants = factorial(full, groups)
            return variants, Look(asks, question, "ablate", parts=_having(groups, variants))


def _having(groups: Groups, variants: Variants) -> dict[str, list[str]]:
    """Return, by group, the variants that have it."""
    return {
        part: [name for name, each in variants.items() if set(group) <= set(each.placements)]
        for part, group in groups.items()
    }


def _swept(source: Source, full: Architecture, texts: Sequence[str]) -> tuple[Variants, Look]:
    sweeps = [parse_sweep(text, full.placements) for text in texts]
    factors = " and ".join(sweep.factor for sweep in sweeps)
    asks = "-".join(["sweep", *(study_name(sweep.factor) for sweep in sweeps)])
    question = f"What does {factors} do in {source.words}?"
    return swept(full, sweeps), Look(asks, question, "ablate")

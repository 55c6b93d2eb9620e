"""A search space with one decision for each choice, for what trials say of a choice as a whole."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from nasattn.analysis.effects import Run
from nasattn.records.outline import KeptDecision, KeptOption, Outline


def merged_outline(outline: Outline) -> Outline:
    """Return the outline in which the decisions of each choice are one."""
    choices: dict[str, list[KeptDecision]] = {}
    for decision in outline.decisions:
        choices.setdefault(decision.choice, []).append(decision)
    return replace(outline, decisions=tuple(map(_merged, choices.values())))


def merged_run(run: Run, outline: Outline) -> Run:
    """Return a run with, for each choice, the share of its decisions that came to each option."""
    counts: dict[str, Counter[str]] = {}
    for decision in outline.decisions:
        counts.setdefault(decision.choice, Counter()).update(run.shares[decision.name].keys())
    shares = {
        choice: {word: number / found.total() for word, number in found.items()}
        for choice, found in counts.items()
    }
    return replace(run, shares=shares)


def _merged(decisions: list[KeptDecision]) -> KeptDecision:
    first = decisions[0]
    options = zip(*(decision.options for decision in decisions), strict=True)
    return KeptDecision(
        name=first.choice,
        choice=first.choice,
        slot=first.slot,
        sites=tuple(site for decision in decisions for site in decision.sites),
        options=tuple(map(_sum, options)),
        variance={cost: sum(d.variance[cost] for d in decisions) for cost in first.variance},
    )


def _sum(options: Iterable[KeptOption]) -> KeptOption:
    options = tuple(options)
    costs = {
        cost: (sum(o.costs[cost][0] for o in options), sum(o.costs[cost][1] for o in options))
        for cost in options[0].costs
    }
    return replace(options[0], costs=costs)

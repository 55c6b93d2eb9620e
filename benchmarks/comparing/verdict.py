"""What many searches of each engine come to, and whether ours reach what was set."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from comparing.outcome import Outcome
from nasattn.analysis.replays import Quartiles, quartiles

REACH, AIM, BEST_OF_OTHERS, CLAIM = 1 / 3, 1 / 5, 0.75, 0.05


@dataclass(frozen=True)
class Sums:
    """What one engine's searches come to.

    Attributes:
        engine: Its name.
        repeats: How many there are.
        reach: The share of the budget after which each had ``level``; infinite where never.
        misses: How many never had it.
        half: The share of the true front's hypervolume at half the budget.
        final: At its end.
        false_stops: Trials of the true front that were stopped, and begun.
        waiting: Those that waited at the end.
        believed: The share of the front of posterior means, in truth; None where none has any.
        claim: What that front claims, over what it has.
        proposing_ms: Of a proposal.
        judging_ms: Of the verdicts on a trial.
        trials: Begun.
        complete: Of them.
    """

    engine: str
    repeats: int
    reach: Quartiles
    misses: int
    half: Quartiles
    final: Quartiles
    false_stops: tuple[int, int]
    waiting: int
    believed: Quartiles | None
    claim: Quartiles | None
    proposing_ms: Quartiles
    judging_ms: Quartiles
    trials: float
    complete: float


def sums(outcomes: Sequence[Outcome], level: float) -> Sums:
    """Return what the searches of one engine come to; ``level`` is what they are to reach."""
    budget = outcomes[0].budget
    reach = [_reach(outcome, level) for outcome in outcomes]
    told = [(o.believed, o.claimed / o.believed) for o in outcomes if o.believed and o.claimed]

    def of(value: Callable[[Outcome], float]) -> Quartiles:
        return quartiles(map(value, outcomes))

    return Sums(
        outcomes[0].engine,
        len(outcomes),
        quartiles(reach),
        sum(map(math.isinf, reach)),
        of(lambda o: o.share(budget / 2)),
        of(lambda o: o.share(budget)),
        (sum(o.stopped for o in outcomes), sum(o.begun for o in outcomes)),
        sum(o.waiting for o in outcomes),
        quartiles([share for share, _ in told]) if told else None,
        quartiles([claim for _, claim in told]) if told else None,
        of(lambda o: o.proposing_ms),
        of(lambda o: o.judging_ms),
        mean(o.trials for o in outcomes),
        mean(o.complete for o in outcomes),
    )


def level_of(random: Sequence[Outcome]) -> float:
    """Return what random search has at its end: the median."""
    return quartiles([outcome.share(outcome.budget) for outcome in random]).median


def _reach(outcome: Outcome, level: float) -> float:
    spent = next((step.spent for step in outcome.steps if step.share >= level), math.inf)
    return spent / outcome.budget


def bars(
    ours: Sums, others: Sequence[Sums], runs: Mapping[str, Sequence[Outcome]], delta: float
) -> list[str]:
    """Say of each bar whether it is met, or by how much not.

    Args:
        ours: The engine that is to meet them.
        others: All that are not ours.
        runs: Every engine's searches, by its name.
        delta: The share of false stops that is allowed.
    """
    reach = ours.reach.median
    best = min(others, key=lambda sums: sums.reach.median)
    allowed = BEST_OF_OTHERS * best.reach.median
    stopped, begun = ours.false_stops
    found = [
        _bar(f"random's final after {_share(reach)} of its epochs", reach, REACH),
        _bar(f"the aim: after {_share(AIM)}", reach, AIM),
        _bar(
            f"{_share(reach)} against {BEST_OF_OTHERS:g} × {_share(best.reach.median)} of the best "
            f"of the others ({best.engine})",
            reach,
            allowed,
        ),
        _bar(f"false stops: {stopped} of {begun}", stopped / begun if begun else 0.0, delta),
    ]
    compared = ((_ahead(runs[ours.engine], runs[other.engine]), other.engine) for other in others)
    known = [(ahead, name) for ahead, name in compared if ahead is not None]
    if known:
        (gap, error), name = min(known, key=lambda one: one[0][0] + 2 * one[0][1])
        words = f"hypervolume at the end less that of {name}: {gap:+.4f} ± {error:.4f}, paired"
        found.append(_bar(words, -gap, 2 * error))
    if ours.claim is not None:
        off = abs(ours.claim.median - 1)
        words = f"the front of posterior means claims {ours.claim.median:.3f} of its true share"
        found.append(_bar(words, off, CLAIM))
    return found


def _bar(words: str, value: float, most: float) -> str:
    if not math.isfinite(value):
        return f"NOT met: {words}"
    if value <= most:
        return f"met: {words}"
    over = f"{value / most:.2f} times what is allowed" if most > 0 else "none is allowed"
    return f"NOT met: {words}: {over}"


def _ahead(ours: Sequence[Outcome], others: Sequence[Outcome]) -> tuple[float, float] | None:
    """Return by how much ours end higher with the same seeds, and the error; None of few pairs."""
    finals = {outcome.seed: outcome.share(outcome.budget) for outcome in others}
    gaps = [o.share(o.budget) - finals[o.seed] for o in ours if o.seed in finals]
    if len(gaps) < 2:
        return None
    return mean(gaps), stdev(gaps) / math.sqrt(len(gaps))


def _share(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "never"


HEADS = (
    *("engine", "n", "epochs to reach random's final, share of budget", "never"),
    *("hypervolume after half", "at the end", "true front stopped", "believed front, true"),
    *("claims", "ms a proposal", "ms verdicts", "trials", "complete"),
)


def row(found: Sums) -> tuple[str, ...]:
    """Return an engine's cells under ``HEADS``."""
    stopped, begun = found.false_stops
    waiting = f", {found.waiting} wait" if found.waiting else ""
    return (
        found.engine,
        str(found.repeats),
        _three(found.reach, 2),
        str(found.misses),
        _three(found.half, 3),
        _three(found.final, 3),
        f"{stopped} of {begun}{waiting}" if stopped or waiting else "0",
        _three(found.believed, 3) if found.believed else "",
        f"×{found.claim.median:.3f}" if found.claim else "",
        f"{found.proposing_ms.median:.1f}",
        f"{found.judging_ms.median:.1f}",
        f"{found.trials:.0f}",
        f"{found.complete:.0f}",
    )


def _three(found: Quartiles, digits: int) -> str:
    low, middle, high = (
        f"{value:.{digits}f}" if math.isfinite(value) else "never" for value in found
    )
    return f"{middle} [{low}, {high}]"


def markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as a table that reads well as it is, too."""
    widths = [max(map(len, column)) for column in zip(HEADS, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(map(str.ljust, cells, widths)) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return [line(HEADS), rule, *map(line, rows)]

"""What many replays of one engine come to."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nasattn.analysis.yardstick import Step, Yardstick
from nasattn.records.replay import Replay
from nasattn.records.table import Table

POINTS = 60
"""At so many numbers of epochs, evenly up to the budget, the hypervolume is told."""


class Quartiles(NamedTuple):
    """The first quartile, the median and the third; of order statistics where one is infinite."""

    low: float
    median: float
    high: float


class FalseStops(NamedTuple):
    """What became of trials whose architectures are on the table's true front, in all replays.

    Attributes:
        begun: Those that were begun, trial 0 (which is never stopped) left out.
        stopped: Those of them that a pruner ended.
        waiting: Those of them that were still waiting for promotion when the budget was spent.
    """

    begun: int
    stopped: int
    waiting: int

    @property
    def share(self) -> float | None:
        """Return the share that was stopped; None where none was begun."""
        return self.stopped / self.begun if self.begun else None


class Summary(NamedTuple):
    """What many replays of one engine come to.

    Attributes:
        spent: Numbers of epochs.
        shares: The normalised hypervolume at each of them; see ``Yardstick``.
        finals: That of each replay at its end.
        reached: The epochs after which each replay first had the hypervolume ``level``, infinite
            where it never had: a first passage, which flatters an engine whose results scatter.
        level: The median over random search's replays of what it has at its end.
        false_stops: Of all replays.
        trials: Begun in a replay, on average.
        complete: Ended at their last epoch in a replay, on average.
        seconds: Simulated time of a replay, the median.
        proposing_ms: Of a proposal, on this machine, on average.
        judging_ms: Of all verdicts and promotions of a trial, likewise.
    """

    spent: tuple[int, ...]
    shares: tuple[Quartiles, ...]
    finals: tuple[float, ...]
    reached: tuple[float, ...]
    level: float
    false_stops: FalseStops
    trials: float
    complete: float
    seconds: float
    proposing_ms: float
    judging_ms: float

    @property
    def misses(self) -> int:
        """Return how many replays never had ``level``."""
        return sum(map(math.isinf, self.reached))


def summarise(
    table: Table, replays: Sequence[Replay], random: Sequence[Replay], budget: int
) -> Summary:
    """Summarise the replays of an engine beside those of random search without stopping.

    Args:
        table: On which they were made.
        replays: Of the engine.
        random: Of random search, with the same budget.
        budget: In epochs.
    """
    yardstick = Yardstick(table)
    steps = [tuple(yardstick.steps(replay)) for replay in replays]
    others = [tuple(yardstick.steps(replay)) for replay in random]
    level = quartiles([share_at(other, budget) for other in others]).median
    spent = tuple(dict.fromkeys(math.ceil(budget * i / POINTS) for i in range(1, POINTS + 1)))
    begun = sum(len(replay.trials) for replay in replays)
    return Summary(
        spent=spent,
        shares=tuple(quartiles([share_at(one, epochs) for one in steps]) for epochs in spent),
        finals=tuple(share_at(one, budget) for one in steps),
        reached=tuple(_first(one, level) for one in steps),
        level=level,
        false_stops=_false_stops(replays, yardstick),
        trials=begun / len(replays),
        complete=sum(len(replay.ended) for replay in replays) / len(replays),
        seconds=quartiles([replay.seconds for replay in replays]).median,
        proposing_ms=1e3 * math.fsum(r.proposing_seconds for r in replays) / begun,
        judging_ms=1e3 * math.fsum(r.judging_seconds for r in replays) / begun,
    )


def share_at(steps: Sequence[Step], spent: int) -> float:
    """Return the hypervolume after so many epochs; 0 before the first trial has ended."""
    place = bisect_right(steps, spent, key=lambda step: step.spent)
    return steps[place - 1].share if place else 0.0


def quartiles(values: Iterable[float]) -> Quartiles:
    """Return the quartiles, by linear interpolation between finite order statistics."""
    rising = sorted(values)
    return Quartiles(*(_quantile(rising, share) for share in (0.25, 0.5, 0.75)))


def _quantile(rising: Sequence[float], share: float) -> float:
    place = share * (len(rising) - 1)
    below, above = rising[math.floor(place)], rising[math.ceil(place)]
    return below if below == above else below + (place % 1) * (above - below)


def _first(steps: Iterable[Step], level: float) -> float:
    return next((step.spent for step in steps if step.share >= level), math.inf)


def _false_stops(replays: Iterable[Replay], yardstick: Yardstick) -> FalseStops:
    states = [
        trial.state
        for replay in replays
        for trial in replay.trials
        if trial.digest in yardstick.front and trial.trial
    ]
    return FalseStops(len(states), states.count("pruned"), states.count("paused"))

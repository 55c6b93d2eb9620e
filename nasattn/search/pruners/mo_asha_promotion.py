"""Multi-objective successive halving that pauses and promotes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from nasattn.search.pruners.asha import ORDERS, Asha
from nasattn.search.pruners.pruner import Pause, Verdict
from nasattn.search.pruners.race import Contender, Race
from nasattn.search.pruners.rung import Rung
from nasattn.search.pruners.words import standing


class MoAshaPromotionPruner(Asha):
    """Pauses every trial at every rung and promotes the best: none is stopped for good.

    Members of a rung's first front are promoted before any other, those of the highest rung
    first. After them come those within the quota, again of the highest rung first: a share
    1 / eta of the trials behind the first front, rounded down, those that were promoted included.
    A trial that would be promoted at once is not paused at all.

    A study begins as many trials as its total says; while one can be promoted, it is promoted
    rather than a new one begun. When all are begun and none can be promoted, those that still
    wait end as pruned: users of successive halving mean by the number of trials the number of
    architectures tried, most of them for a short time.
    """

    name: Literal["mo-asha-promotion"] = "mo-asha-promotion"

    def promoted(self, race: Race) -> int | None:
        """Return the waiting trial that goes on next, if any may."""
        behind = None
        for epoch in reversed(self.rungs(race.epochs)):
            is_first, trial = next(self._choices(race, epoch), (False, None))
            if is_first:
                return trial
            behind = trial if behind is None else behind
        return behind

    def _judge(self, race: Race, asked: Contender) -> Verdict:
        epoch = asked.epoch
        others = tuple(c for c in race.contenders if c.trial != asked.trial)
        waiting = replace(race, contenders=(*others, replace(asked, waits=True)))
        # Its own rung first: mostly that is enough.
        _, best = next(self._choices(waiting, epoch), (False, None))
        if best == asked.trial == self.promoted(waiting):
            return None
        return Pause(f"waits at epoch {epoch} for promotion, with {standing(asked, epoch, race)}")

    def _choices(self, race: Race, epoch: int) -> Iterator[tuple[bool, int]]:
        """Yield whether it is on the first front, and who may be promoted from a rung, in order."""
        waiting = {c.at(epoch): c.trial for c in self._waiting(race, epoch)}
        if not waiting:
            return
        rung = Rung.of(race, epoch, lambda behind: behind // self.eta)
        for group in rung.groups():
            if not waiting.keys().isdisjoint(map(rung.points.__getitem__, group.rows)):
                ordered = rung.let_through(group, ORDERS[self.order])
                yield from ((group.is_first, waiting[p]) for p in ordered if p in waiting)

    def _waiting(self, race: Race, epoch: int) -> list[Contender]:
        # Of equals the one with the lowest number comes last, and is kept.
        found = (c for c in race.contenders if c.waits and c.epoch == epoch)
        return sorted(found, key=lambda c: -c.trial)

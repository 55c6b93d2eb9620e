"""Multi-objective successive halving that stops."""

from operator import le
from typing import Literal

from nasattn.search.pruners.asha import ORDERS, Asha
from nasattn.search.pruners.pruner import Stop, Verdict
from nasattn.search.pruners.race import Contender, Race
from nasattn.search.pruners.rung import Rung
from nasattn.search.pruners.words import standing


class MoAshaPruner(Asha):
    """Stops a trial at a rung where it is neither on the first front nor within the quota.

    The quota is a share 1 / eta of the trials behind the first front, rounded up: the first one
    that is dominated is no evidence. A trial is asked once at each rung, when it gets there.
    """

    name: Literal["mo-asha"] = "mo-asha"

    def _judge(self, race: Race, asked: Contender) -> Verdict:
        epoch = asked.epoch
        rung = Rung.of(race, epoch, self._quota)
        if self._is_let_through(rung, asked):
            return None
        better = _dominator(race, rung, asked)
        return Stop(
            f"epoch {epoch}: {standing(asked, epoch, race)}; trial {better.trial} has "
            f"{standing(better, epoch, race)}; not among the best "
            f"{sum(group.allowed for group in rung.groups())} of {len(rung.points)} that go on"
        )

    def _is_let_through(self, rung: Rung, asked: Contender) -> bool:
        point = asked.at(rung.epoch)
        row = rung.points.index(point)
        for group in rung.groups():
            if row in group.rows:
                whole = group.allowed == len(group.rows)
                return whole or point in rung.let_through(group, ORDERS[self.order])
        return False

    def _quota(self, behind: int) -> int:
        return -(-behind // self.eta)


def _dominator(race: Race, rung: Rung, asked: Contender) -> Contender:
    """Return the most accurate of those that dominate a trial behind the first front."""
    point = asked.at(rung.epoch)
    # The points are sorted, the most accurate first.
    best = next(p for p in rung.points if p != point and all(map(le, p, point)))
    equal = (c for c in race.reached(rung.epoch) if c.at(rung.epoch) == best)
    return min(equal, key=lambda c: c.trial)

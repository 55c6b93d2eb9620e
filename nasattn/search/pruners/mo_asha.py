"""Multi-objective successive halving that stops."""

from typing import Literal

from nasattn.search.pruners.asha import ORDERS, Asha
from nasattn.search.pruners.pruner import Stop, Verdict
from nasattn.search.pruners.race import Contender, Race
from nasattn.search.pruners.rung import Rung, dominator
from nasattn.search.pruners.words import standing


class MoAshaPruner(Asha):
    """Stops a trial at a rung where it is neither on the first front nor within the quota.

    The quota is a share 1 / eta of the trials behind the first front, rounded up: the first one
    that is dominated is no evidence. A trial is asked once at each rung, when it gets there.
    """

    name: Literal["mo-asha"] = "mo-asha"

    def _judge(self, race: Race, asked: Contender) -> Verdict:
        epoch = asked.epoch
        if epoch not in self.rungs(race.epochs):
            return None
        rung = Rung.of(race, epoch)
        if self._is_let_through(rung, asked):
            return None
        better = dominator(asked, race, epoch)
        assert better is not None, "behind the first front somebody dominates"  # noqa: S101
        return Stop(
            f"epoch {epoch}: {standing(asked, epoch, race)}; trial {better.trial} has "
            f"{standing(better, epoch, race)}; not among the best {self._share(rung)} that go on"
        )

    def _is_let_through(self, rung: Rung, asked: Contender) -> bool:
        point = asked.at(rung.epoch)
        row = rung.points.index(point)
        for group in rung.groups(self._quota):
            if row in group.rows:
                whole = group.allowed == len(group.rows)
                return whole or point in rung.let_through(group, ORDERS[self.order])
        return False

    def _quota(self, behind: int) -> int:
        return -(-behind // self.eta)

    def _share(self, rung: Rung) -> str:
        allowed = sum(group.allowed for group in rung.groups(self._quota))
        return f"{allowed} of {len(rung.points)}"

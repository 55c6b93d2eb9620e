"""Telling the living from the dead by their heartbeats, without trusting any clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from nasattn.search.ledger.worker import Worker

QUIET_SECONDS = 30.0
"""A worker whose heartbeat stood still for so long while it was watched is taken for dead."""

# Two looks may lie far apart because the watcher itself was suspended: that proves nothing.
_LONGEST_GAP = 3.0


@dataclass(frozen=True, slots=True)
class Sign:
    """A worker's heartbeat as the storage has it: it lives while ``beat`` changes."""

    worker: Worker
    beat: int


class Watch:
    """Judges workers by whether their heartbeats change while it looks on.

    Args:
        clock: Seconds that only grow, of this process alone.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._last = clock, clock()
        self._signs: dict[str, Sign] = {}
        self._quiet: dict[str, float] = {}
        self._seen_beating = frozenset[str]()

    def look(self, signs: Mapping[str, Sign]) -> None:
        """Take in the heartbeats as they are now.

        Args:
            signs: By the workers' tokens; who is not there has left.
        """
        now = self._clock()
        gap, self._last = min(now - self._last, _LONGEST_GAP), now
        self._quiet = {
            token: self._quiet.get(token, 0.0) + gap if self._signs.get(token) == sign else 0.0
            for token, sign in signs.items()
        }
        changed = {t for t, sign in signs.items() if self._signs.get(t, sign) != sign}
        self._seen_beating = (self._seen_beating | changed) & signs.keys()
        self._signs = dict(signs)

    def is_alive(self, token: str) -> bool:
        """Tell whether a worker was there at the last look and has shown signs of life lately."""
        sign = self._signs.get(token)
        if sign is None or sign.worker.is_certainly_gone:
            return False
        return self._quiet[token] < QUIET_SECONDS

    def alive(self) -> frozenset[str]:
        """Return the tokens of those who are alive."""
        return frozenset(filter(self.is_alive, self._signs))

    def unproven(self) -> frozenset[str]:
        """Return those who are taken for alive although their hearts were not seen to beat yet."""
        return self.alive() - self._seen_beating

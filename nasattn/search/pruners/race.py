"""The trials so far, as pruners see them: plain values, nothing of how they are trained or kept."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import le

Point = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Contender:
    """One trial in the race; one that failed or was set aside is in none.

    Attributes:
        trial: Its number.
        costs: Exact and positive, in the order of the race's.
        accuracies: Its learning curve, one for each epoch, in [0, 1].
        exempt: Whether it is trained to its end whatever the others reach.
        waits: Whether it is paused after its last epoch until it is promoted.
    """

    trial: int
    costs: Point
    accuracies: Point
    exempt: bool = False
    waits: bool = False

    @property
    def epoch(self) -> int:
        """Return how many epochs are behind it."""
        return len(self.accuracies)

    def at(self, epoch: int) -> Point:
        """Return what it is compared by at an epoch; all is minimised."""
        return (-self.accuracies[epoch - 1], *self.costs)

    def is_no_dearer(self, other: "Contender") -> bool:
        """Tell whether none of its costs is above the other's."""
        return all(map(le, self.costs, other.costs))


@dataclass(frozen=True, slots=True)
class Race:
    """All that a verdict may depend on.

    Attributes:
        epochs: Of a whole training.
        costs: The names of the costs that are objectives, possibly none.
        contenders: In any order; listing one twice changes nothing.
    """

    epochs: int
    costs: tuple[str, ...]
    contenders: tuple[Contender, ...]

    def find(self, trial: int) -> Contender:
        """Return the contender of that number."""
        return next(c for c in self.contenders if c.trial == trial)

    def without_exemption(self, trial: int) -> "Race":
        """Return the race in which one contender may be stopped like any other."""
        changed = (replace(c, exempt=False) if c.trial == trial else c for c in self.contenders)
        return replace(self, contenders=tuple(changed))

    def points(self, epoch: int) -> set[Point]:
        """Return what those that have reached an epoch are compared by there, each point once."""
        # Written out, since pruners spend much of their time here.
        last = epoch - 1
        return {
            (-c.accuracies[last], *c.costs) for c in self.contenders if len(c.accuracies) > last
        }

    def reached(self, epoch: int) -> Iterator[Contender]:
        """Yield those that have an accuracy at an epoch."""
        return (c for c in self.contenders if len(c.accuracies) >= epoch)

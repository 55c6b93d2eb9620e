"""How a front grew: its hypervolume after each trial that ended."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from nasattn.analysis.dominance import Point, nondominated
from nasattn.analysis.hypervolume import hypervolume, reference_point, scaled
from nasattn.analysis.pareto import CostRange, Front, Result, averages
from nasattn.records import Trial

_ENDED = {"complete", "pruned", "failed"}


class Moment(NamedTuple):
    """The study when a trial ended.

    Attributes:
        trial: Its number.
        finished: When; ISO 8601, UTC.
        trials: How many had ended then.
        epochs: How many were spent on them, those of stopped and failed trials included.
        hypervolume: Of the front of the complete ones; 0 before there is one.
    """

    trial: int
    finished: str
    trials: int
    epochs: int
    hypervolume: float


def growth(trials: Iterable[Trial], front: Front) -> tuple[Moment, ...]:
    """Return the hypervolume after each ended trial, in the order in which they ended.

    Trials that a person set aside count nowhere. An architecture's accuracy is at each moment
    the mean of the repeats that were complete then, so a later repeat can lower the hypervolume.

    Args:
        trials: Of one study; all are counted.
        front: What they came to: only its architectures make the hypervolume.
    """
    competing = {result.trial.digest for result in front.results}
    ended = (t for t in trials if t.state in _ENDED and t.finished is not None)
    found: list[Moment] = []
    grown = _GrowingFront(front.objectives, front.cost_range)
    epochs = 0
    for trial in sorted(ended, key=lambda trial: (str(trial.finished), trial.trial)):
        epochs += trial.epochs
        if trial.is_result and trial.digest in competing:
            grown.add(trial)
        moment = (trial.trial, str(trial.finished), len(found) + 1, epochs, grown.hypervolume)
        found.append(Moment(*moment))
    return tuple(found)


class _GrowingFront:
    """The front of the trials that were added."""

    def __init__(self, objectives: Sequence[str], cost_range: CostRange) -> None:
        self._objectives, self._range = tuple(objectives), cost_range
        self._groups: dict[str, list[Trial]] = {}
        self._points: dict[str, Point] = {}
        self._front: tuple[Point, ...] = ()
        self.hypervolume = 0.0

    def add(self, trial: Trial) -> None:
        group = self._groups.setdefault(trial.digest, [])
        group.append(trial)
        points = list(self._scaled(averages(group)))
        if not points:
            return
        (self._points[trial.digest],) = points
        # A repeat moves its architecture's point, which may uncover others.
        others = self._points.values() if len(group) > 1 else (*self._front, *points)
        self._front = nondominated(others)
        self.hypervolume = hypervolume(self._front, reference_point(self._objectives))

    def _scaled(self, results: Iterable[Result]) -> Iterator[Point]:
        for result in results:
            values = {name: getattr(result.trial, name) for name in self._objectives}
            if None not in values.values():
                yield scaled(values, self._range)

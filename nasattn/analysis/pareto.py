"""The Pareto front of a study's complete trials."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from nasattn.analysis.dominance import Point, dominates, nondominated
from nasattn.analysis.hypervolume import LATENCY_SPAN, hypervolume, reference_point, scaled
from nasattn.analysis.knee import knee_index
from nasattn.records import Trial

CostRange = Mapping[str, tuple[float, float]]


class Result(NamedTuple):
    """What one architecture reached: its complete trials, averaged over repeats.

    Attributes:
        trial: The first of them, with the mean accuracy, best accuracy and latency of all.
        trials: The numbers of all.
        accuracy_sd: Sample standard deviation over repeats; None with fewer than two.
    """

    trial: Trial
    trials: tuple[int, ...]
    accuracy_sd: float | None

    @property
    def repeats(self) -> int:
        """Return how many trials are averaged."""
        return len(self.trials)


class Front(NamedTuple):
    """The architectures of a study that none dominates.

    Attributes:
        objectives: What was compared; accuracy is maximised, costs are minimised.
        results: All architectures that have a value for each objective, in the order of trials.
        members: Those that none dominates (equals are all members), sorted by the first cost.
        baseline: The bare backbone of trial 0; None until it is complete.
        knee: The member that `knee_index` names.
        hypervolume: In the coordinates of `scaled`; None where a cost range is not known.
        cost_range: What 0 and 1 of these coordinates stand for, by cost.
    """

    objectives: tuple[str, ...]
    results: tuple[Result, ...]
    members: tuple[Result, ...]
    baseline: Result | None
    knee: Result | None
    hypervolume: float | None
    cost_range: CostRange

    @property
    def listed(self) -> tuple[Result, ...]:
        """Return the members, and the baseline where its first cost puts it among them."""
        if self.baseline is None or self.baseline in self.members:
            return self.members
        costs = [name for name in self.objectives if name != "accuracy"]
        if not costs:
            return (*self.members, self.baseline)
        limit = getattr(self.baseline.trial, costs[0]) or 0.0
        below = sum(getattr(member.trial, costs[0]) < limit for member in self.members)
        return (*self.members[:below], self.baseline, *self.members[below:])


def filled(front: Front, whole: Mapping[int, Trial]) -> Front:
    """Return a front whose results have the placements and curves of trials that were read since.

    Args:
        front: Of trials whose parts were not all read.
        whole: By number, the trials that were.
    """
    known = {result.trial.digest: _filled(result, whole) for result in front.listed}
    return front._replace(
        results=tuple(known.get(result.trial.digest, result) for result in front.results),
        members=tuple(known[member.trial.digest] for member in front.members),
        baseline=known[front.baseline.trial.digest] if front.baseline else None,
        knee=known[front.knee.trial.digest] if front.knee else None,
    )


def _filled(result: Result, whole: Mapping[int, Trial]) -> Result:
    one = whole[result.trial.trial]
    trial = replace(result.trial, placements=one.placements, curve=one.curve)
    return result._replace(trial=trial)


def direction(objective: str) -> str:
    """Return ``"maximize"`` for accuracy and ``"minimize"`` for a cost."""
    return "maximize" if objective == "accuracy" else "minimize"


def _all(_: Result) -> bool:
    return True


def front(
    trials: Sequence[Trial],
    objectives: Sequence[str],
    cost_range: CostRange | None = None,
    keeps: Callable[[Result], bool] = _all,
) -> Front:
    """Find the front of ``trials``.

    Args:
        trials: Of one study; those that are not complete, or were continued beyond the
            recipe's epochs, are left out.
        objectives: Out of accuracy, params, flops, latency_ms.
        cost_range: Least and largest cost of the search space by name, for the hypervolume.
            That of latency is from the baseline's to ``LATENCY_SPAN`` times that: it is measured,
            and a range that grew with the trials would make the hypervolume fall.
        keeps: Which architectures take part; the baseline is told of in any case.
    """
    averaged = filter(keeps, averages(trials))
    results = tuple(result for result in averaged if _values(result, objectives) is not None)
    points = [point_of(result, objectives) for result in results]
    best = set(nondominated(points))
    on_front = [result for result, point in zip(results, points, strict=True) if point in best]
    members = sorted(on_front, key=lambda result: _order(result, objectives))
    knee = knee_index([point_of(member, objectives) for member in members])
    base = baseline(trials)
    ranges = {**_latency_range(base), **(cost_range or {})}
    return Front(
        objectives=tuple(objectives),
        results=results,
        members=tuple(members),
        baseline=base,
        knee=None if knee is None else members[knee],
        hypervolume=_hypervolume(members, objectives, ranges),
        cost_range={name: ranges[name] for name in objectives if name in ranges},
    )


def baseline(trials: Sequence[Trial]) -> Result | None:
    """Return the result of the bare backbone of trial 0, or None where it has none.

    A repeat of it may be complete while trial 0 itself is not.
    """
    digests = {trial.digest for trial in trials if trial.is_baseline}
    return next((found for found in averages(trials) if found.trial.digest in digests), None)


def dominators(result: Result, front: Front) -> tuple[Result, ...]:
    """Return the members of ``front`` that dominate ``result``."""
    if _values(result, front.objectives) is None:
        return ()
    point = point_of(result, front.objectives)
    return tuple(m for m in front.members if dominates(point_of(m, front.objectives), point))


def averages(trials: Iterable[Trial]) -> tuple[Result, ...]:
    """Return what each architecture of ``trials`` reached, in the order of their first trials."""
    groups: dict[str, list[Trial]] = {}
    for trial in sorted(trials, key=lambda trial: trial.trial):
        if trial.is_result:
            groups.setdefault(trial.digest, []).append(trial)
    return tuple(map(_average, groups.values()))


def _average(group: Sequence[Trial]) -> Result:
    if len(group) == 1:
        return Result(group[0], (group[0].trial,), None)
    accuracies = [trial.accuracy for trial in group if trial.accuracy is not None]
    latencies = [trial.latency_ms for trial in group if trial.latency_ms is not None]
    highest = [trial.best_accuracy for trial in group if trial.best_accuracy is not None]
    mean = replace(
        group[0],
        accuracy=_mean(accuracies),
        best_accuracy=_mean(highest),
        latency_ms=_mean(latencies),
    )
    return Result(mean, tuple(trial.trial for trial in group), _sample_sd(accuracies))


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _sample_sd(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _values(result: Result, objectives: Iterable[str]) -> dict[str, float] | None:
    """Return the objectives' values by name, or None where one is missing."""
    values = {name: getattr(result.trial, name) for name in objectives}
    return None if None in values.values() else values


def point_of(result: Result, objectives: Iterable[str]) -> Point:
    """Return an architecture's objectives as a point of which all is minimised."""
    values = _values(result, objectives) or {}
    return tuple(-value if name == "accuracy" else value for name, value in values.items())


def _order(result: Result, objectives: Sequence[str]) -> tuple[float | int, ...]:
    costs_first = sorted(objectives, key=lambda name: name == "accuracy")
    return (*point_of(result, costs_first), result.trial.trial)


def _latency_range(baseline: Result | None) -> dict[str, tuple[float, float]]:
    latency = baseline.trial.latency_ms if baseline else None
    return {"latency_ms": (latency, LATENCY_SPAN * latency)} if latency else {}


def _hypervolume(
    members: Iterable[Result], objectives: Sequence[str], cost_range: CostRange
) -> float | None:
    if any(name != "accuracy" and name not in cost_range for name in objectives):
        return None
    points = [scaled(_values(member, objectives) or {}, cost_range) for member in members]
    return hypervolume(points, reference_point(objectives))

"""Whether a table can tell engines apart: what differs between architectures, and what is noise."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from nasattn.analysis.pareto import Front, front
from nasattn.records import Trial
from nasattn.records.table import Table

ENOUGH = 1.5
"""Between architectures the accuracies spread at least so many seed standard deviations."""

# Accuracies whose variance is below this are equal but for rounding.
_EQUAL = 1e-18


class Spread(NamedTuple):
    """Two-way analysis of variance of final accuracies: architecture + repeat + noise.

    What all trainings of a repeat share (initial weights, order of images) shifts them alike and
    ranks none above another: it is taken off first, by least squares within architectures. With
    mean squares MSb and MSw between and within the architectures of n0 repeats (for unequal
    numbers the average that makes it unbiased), the variance between them is (MSb - MSw) / n0 and
    that of a single training MSw.

    Source: Searle, Casella & McCulloch, "Variance Components" (1992), sec. 3.6.

    Attributes:
        means_sd: Standard deviation of the architectures' means, seed noise included.
        between_sd: The same without the seed noise; None where no architecture has two repeats.
        seed_sd: Of a training about its architecture's mean, the repeat's shift taken off; None
            likewise.
        shift_sd: Standard deviation of the repeats' shifts; None likewise.
        ratio: ``between_sd / seed_sd``.
        interval: Of the ratio, 95 %, from the F distribution.
    """

    means_sd: float
    between_sd: float | None = None
    seed_sd: float | None = None
    shift_sd: float | None = None
    ratio: float | None = None
    interval: tuple[float, float] | None = None


class Agreement(NamedTuple):
    """Kendall's τ (b) between the accuracy after an epoch and final ones, mean of the repeats.

    Attributes:
        epoch: The epoch.
        end: Against the same trainings' final accuracy.
        plain: The same before averaging weights; None where the recipe averages none.
        others: Against the mean final accuracy of the architectures' other repeats.
    """

    epoch: int
    end: float | None
    plain: float | None
    others: float | None


class Validity(NamedTuple):
    """What a table is good for.

    Attributes:
        architectures: How many.
        repeats: How many architectures have so many repeats, by that number.
        spread: Of the final accuracies.
        agreements: Of each epoch.
        seeds: Kendall's τ between final accuracies of two repeats, mean of all pairs.
        front: The true front: that of the means over repeats.
        seconds: Spent on all trainings.
    """

    architectures: int
    repeats: Mapping[int, int]
    spread: Spread
    agreements: tuple[Agreement, ...]
    seeds: float | None
    front: Front
    seconds: float

    @property
    def is_enough(self) -> bool | None:
        """Tell whether the spread is ``ENOUGH``; None where it is not known."""
        ratio = self.spread.ratio
        return None if ratio is None else ratio >= ENOUGH


def validity(table: Table) -> Validity:
    """Measure how much a table tells."""
    groups = table.by_digest()
    counts = sorted(map(len, groups.values()))
    worlds = [{t.digest: t for t in table.trials if t.repeat == r} for r in _repeats(table)]
    return Validity(
        architectures=len(groups),
        repeats={count: counts.count(count) for count in dict.fromkeys(counts)},
        spread=spread(table.trials),
        agreements=tuple(_agreements(worlds, groups, table.epochs)),
        seeds=_mean(_between(one, other) for one, other in combinations(worlds, 2)),
        front=front(table.trials, table.study.objectives, table.study.cost_range),
        seconds=math.fsum(trial.seconds for trial in table.trials),
    )


def _repeats(table: Table) -> list[int]:
    return sorted({trial.repeat for trial in table.trials})


def spread(trials: Sequence[Trial]) -> Spread:
    """Split the variance of final accuracies into architectures, repeats and noise."""
    values = np.array([_final(trial) for trial in trials])
    rows, groups = _dummies([trial.digest for trial in trials])
    _, repeats = _dummies([trial.repeat for trial in trials])
    sizes = groups.sum(axis=0)
    means = groups.T @ values / sizes
    means_sd = float(np.std(means, ddof=1)) if len(means) > 1 else 0.0
    inner = repeats - (groups.T @ repeats / sizes[:, None])[rows]
    shifts, _, rank, _ = np.linalg.lstsq(inner, values - means[rows], rcond=None)
    freedom = len(values) - len(means) - int(rank)
    if len(means) < 2 or freedom < 1:
        return Spread(means_sd)
    shifted = repeats @ shifts
    even = values - shifted + shifted.mean()
    means = groups.T @ even / sizes
    inside = float(np.sum((even - means[rows]) ** 2)) / freedom
    among = float(sizes @ (means - even.mean()) ** 2) / (len(means) - 1)
    usual = (len(values) - float(sizes @ sizes) / len(values)) / (len(means) - 1)
    between_sd = math.sqrt(max(among - inside, 0.0) / usual)
    found = Spread(means_sd, between_sd, math.sqrt(inside), float(np.std(shifts, ddof=1)))
    if inside < _EQUAL:
        return found
    limits = stats.f.ppf((0.975, 0.025), len(means) - 1, freedom)
    low, high = (math.sqrt(max(among / inside / float(f) - 1, 0.0) / usual) for f in limits)
    return found._replace(ratio=between_sd / math.sqrt(inside), interval=(low, high))


def _dummies(keys: Sequence[object]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the column of each key, and ones there in a matrix of as many rows as keys."""
    columns = {key: column for column, key in enumerate(dict.fromkeys(keys))}
    places = np.array([columns[key] for key in keys])
    return places, np.eye(len(columns))[places]


World = Mapping[str, Trial]


def _agreements(
    worlds: Sequence[World], groups: Mapping[str, Sequence[Trial]], epochs: int
) -> Iterator[Agreement]:
    ends = [{digest: _final(trial) for digest, trial in world.items()} for world in worlds]
    others = [_others(world, groups) for world in worlds]
    for epoch in range(1, epochs + 1):
        now = [_at(world, epoch, "accuracy") for world in worlds]
        plain = [_at(world, epoch, "plain_accuracy") for world in worlds]
        yield Agreement(epoch, _taus(now, ends), _taus(plain, ends), _taus(now, others))


def _final(trial: Trial) -> float:
    return trial.accuracy or 0.0


def _at(world: World, epoch: int, key: str) -> dict[str, float]:
    found = {digest: trial.curve[epoch - 1].get(key) for digest, trial in world.items()}
    return {digest: float(value) for digest, value in found.items() if value is not None}


def _others(world: World, groups: Mapping[str, Sequence[Trial]]) -> dict[str, float]:
    """Return the mean final accuracy of each architecture's other repeats, where it has some."""
    found = {
        digest: [_final(other) for other in groups[digest] if other.repeat != trial.repeat]
        for digest, trial in world.items()
    }
    return {digest: math.fsum(values) / len(values) for digest, values in found.items() if values}


def _between(one: World, other: World) -> float | None:
    first, second = ({d: _final(t) for d, t in world.items()} for world in (one, other))
    return _tau(first, second)


def _taus(
    ones: Iterable[Mapping[str, float]], others: Iterable[Mapping[str, float]]
) -> float | None:
    return _mean(_tau(one, other) for one, other in zip(ones, others, strict=True))


def _tau(one: Mapping[str, float], other: Mapping[str, float]) -> float | None:
    """Return Kendall's τ over the architectures that both have; None where it is not defined."""
    both = sorted(one.keys() & other.keys())
    first, second = [one[d] for d in both], [other[d] for d in both]
    if min(len(set(first)), len(set(second))) < 2:
        return None
    return float(stats.kendalltau(first, second).statistic)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None

"""Paired comparisons over seeds that both sides share: differences, intervals, tests, effect sizes.

Accuracies go in as fractions. Scipy is imported where it is used: reading commands do without it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

CONFIDENCE = 0.95
"""Of every interval."""

ALPHA = 0.05
"""Below this a p-value is called significant."""

# Accuracies are ratios of whole numbers: what differs by less than this differs by rounding.
_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its two-sided interval of `CONFIDENCE`, by Student's t.

    Attributes:
        mean: Of the values.
        low: The lower end; None where there is no spread to make one of.
        high: The upper end; likewise.
    """

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What one side is more than the other, seed by seed.

    Attributes:
        n: Number of pairs.
        interval: Of the mean difference.
        p: Two-sided, of the paired t-test; None with one pair or without any spread.
        dz: Cohen's: the mean difference in standard deviations of the differences.
        g: ``dz`` times Hedges' correction for few pairs; None with fewer than three.
    """

    n: int
    interval: Interval
    p: float | None
    dz: float | None
    g: float | None


def t_interval(values: Sequence[float]) -> Interval:
    """Return the mean of ``values`` with its interval.

    >>> t_interval([1.0])
    Interval(mean=1.0, low=None, high=None)
    """
    spread = _spread(values)
    if not spread:
        return Interval(fmean(values), None, None)
    from scipy.special import stdtrit

    half = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)) * spread / math.sqrt(len(values))
    middle = fmean(values)
    return Interval(middle, middle - half, middle + half)


def paired_difference(ours: Sequence[float], theirs: Sequence[float]) -> Difference:
    """Compare two sides, each seed with itself.

    Args:
        ours: One value a seed, at least one.
        theirs: Likewise, in the same order.

    Raises:
        ValueError: the sides are of different lengths or empty.
    """
    values = differences(ours, theirs)
    spread = _spread(values)
    dz = fmean(values) / spread if spread else None
    correction = hedges_correction(len(values))
    g = dz * correction if dz is not None and correction is not None else None
    return Difference(len(values), t_interval(values), _p_of_t(values), dz, g)


def equivalence(ours: Sequence[float], theirs: Sequence[float], margin: float) -> float | None:
    """Return the p-value of two one-sided paired t-tests (TOST): that the means differ by less.

    Args:
        ours: One value a seed.
        theirs: Likewise, in the same order.
        margin: The difference that would matter, above 0.

    Returns:
        The larger of the two one-sided p-values; None with one pair or without any spread.

    Source: Schuirmann (1987), the interval hypotheses of bioequivalence.
    """
    values = differences(ours, theirs)
    spread = _spread(values)
    if not spread:
        return None
    from scipy.special import stdtr

    error, middle = spread / math.sqrt(len(values)), fmean(values)
    worst = max((middle - margin) / error, (-middle - margin) / error)
    return float(stdtr(len(values) - 1, worst))


def signed_rank(ours: Sequence[float], theirs: Sequence[float]) -> float | None:
    """Return the exact two-sided p-value of Wilcoxon's signed-rank test; zeros are left out.

    Returns:
        None where both sides are equal in every pair.
    """
    values = [value for value in differences(ours, theirs) if value]
    if not values:
        return None
    from scipy.stats import wilcoxon

    return float(wilcoxon(values).pvalue)


def smallest_signed_rank_p(pairs: int) -> float:
    """Return the least two-sided p-value that so many pairs can have: all of one sign.

    >>> smallest_signed_rank_p(5), smallest_signed_rank_p(6)
    (0.0625, 0.03125)
    """
    return 2.0 ** (1 - pairs)


def seeds_for_signed_rank(tests: int = 1) -> int:
    """Return how many seeds let one of so many Holm-adjusted signed-rank tests reach `ALPHA`.

    >>> seeds_for_signed_rank(), seeds_for_signed_rank(tests=4)
    (6, 8)
    """
    return math.ceil(1 + math.log2(tests / ALPHA))


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Adjust p-values so that all together err with `ALPHA`; what has none stays and counts not.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure".

    >>> holm([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    ranked = sorted((p, place) for place, p in enumerate(values) if p is not None)
    adjusted: list[float | None] = list(values)
    highest = 0.0
    for rank, (p, place) in enumerate(ranked):
        highest = max(highest, min(1.0, p * (len(ranked) - rank)))
        adjusted[place] = highest
    return adjusted


def hedges_correction(pairs: int) -> float | None:
    """Return what makes ``dz`` of so many pairs unbiased under normality, exactly.

    Source: Hedges (1981), "Distribution theory for Glass's estimator of effect size".
    """
    if pairs < 3:
        return None
    half = (pairs - 1) / 2
    return math.exp(math.lgamma(half) - math.lgamma(half - 0.5)) / math.sqrt(half)


def differences(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return what ``ours`` are more than ``theirs``; differences by rounding alone are none.

    Raises:
        ValueError: the sides are of different lengths or empty.
    """
    found = [_rounded(a - b) for a, b in zip(ours, theirs, strict=True)]
    if not found:
        raise ValueError("no pair to compare")
    return found


def sample_sd(values: Iterable[float]) -> float | None:
    """Return the sample standard deviation; None with fewer than two values."""
    known = list(values)
    return stdev(known) if len(known) > 1 else None


def _spread(values: Sequence[float]) -> float:
    """Return the sample standard deviation, exactly 0 where all values are equal or only one."""
    return sample_sd(map(_rounded, values)) or 0.0


def _rounded(value: float) -> float:
    return round(value, _DECIMALS)


def _p_of_t(values: Sequence[float]) -> float | None:
    spread = _spread(values)
    if not spread:
        return None
    from scipy.special import stdtr

    t = fmean(values) / (spread / math.sqrt(len(values)))
    return float(2 * stdtr(len(values) - 1, -abs(t)))

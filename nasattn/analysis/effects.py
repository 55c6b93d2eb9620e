"""What each option of each decision does to accuracy, on average over the trials."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.linalg import null_space

Floats = NDArray[np.float64]
Term = tuple[str, str]
"""A decision's name and an option's word."""

LEAST_ARCHITECTURES = 3
"""With and without an option there must be so many, else its interval means nothing."""

LEAST_DEGREES = 3
"""There must be so many more architectures than coefficients."""

CONFIDENCE = 0.95
_TOLERANCE = 1e-8
_MOST_NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training.

    Attributes:
        shares: For each decision, how much of it came to which option: all of it to one, or
            each option's part where a whole choice is looked at as one decision.
        value: The accuracy.
        architecture: Its digest: runs of one architecture are not independent.
        repeat: Its seeds, which all architectures of a repeat share.
    """

    shares: Mapping[str, Mapping[str, float]]
    value: float
    architecture: str
    repeat: int = 0


def whole(options: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Return the shares of decisions that each came to one option."""
    return {name: {word: 1.0} for name, word in options.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The mean difference that an option makes, all other decisions alike.

    Attributes:
        decision: Which decision.
        option: The option.
        reference: What it is compared with.
        with_it: Architectures that have it, at least in part.
        without: Architectures that do not, at least in part.
        mean: The estimate; None where the data cannot tell it.
        interval: Of 95 %; None where the data cannot tell it.
        problem: Why the data cannot answer; empty where they can.
    """

    decision: str
    option: str
    reference: str
    with_it: int
    without: int
    mean: float | None = None
    interval: tuple[float, float] | None = None
    problem: str = ""

    @property
    def is_clear(self) -> bool:
        """Whether the interval lies on one side of zero."""
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """All effects of a study.

    Attributes:
        effects: One for each option of each decision but the reference.
        runs: Trainings that they come from.
        architectures: Different ones among these.
        degrees: Degrees of freedom of the intervals.
    """

    effects: tuple[Effect, ...]
    runs: int
    architectures: int
    degrees: int


def effects(runs: Sequence[Run], options: Mapping[str, Sequence[str]]) -> Effects:
    """Estimate the effect of every option by ordinary least squares.

    The accuracy of a run is taken for the sum of a constant, of one effect for each decision's
    option (0 for its first), of one for each repeat but the first, and of an error. Intervals
    are those of Student's t with clustered standard errors (each cluster an architecture, its
    residuals scaled by (I - H)⁻¹, "CR3"; with one run each this is HC3 of MacKinnon & White,
    1985): errors need be neither of equal size nor independent within an architecture. The
    degrees of freedom are architectures less coefficients. Of options that act on each other the
    estimate is a mean over the other decisions as they were drawn.

    Args:
        runs: Complete ones, at least one.
        options: The words of each decision's options; the first is what others are compared with.
    """
    terms = [(name, word) for name, words in options.items() for word in words[1:]]
    counts = {term: _count(runs, term) for term in terms}
    drawn = [term for term in terms if counts[term][0]]
    architectures = len({run.architecture for run in runs})
    design = _design(runs, drawn)
    fit = _Fit(design, np.array([run.value for run in runs]), [run.architecture for run in runs])
    aliases = _aliases(design, drawn)
    short = _too_few(architectures, design.shape[1])
    found = []
    for term in terms:
        blank = Effect(
            decision=term[0],
            option=term[1],
            reference=options[term[0]][0],
            with_it=counts[term][0],
            without=counts[term][1],
            problem=_scarce(*counts[term]) or short or aliases.get(term, ""),
        )
        if blank.problem:
            found.append(blank)
        else:
            mean, interval = fit.coefficient(1 + drawn.index(term))
            found.append(replace(blank, mean=mean, interval=interval))
    return Effects(
        effects=tuple(found), runs=len(runs), architectures=architectures, degrees=fit.degrees
    )


class _Fit:
    """A regression by least squares, with intervals clustered by architecture."""

    def __init__(self, design: Floats, values: Floats, clusters: Sequence[str]) -> None:
        inverse = np.linalg.pinv(design)
        self._beta: Floats = inverse @ values
        residuals = values - design @ self._beta
        self._covariance = np.zeros((design.shape[1],) * 2)
        for rows in _of_equal_size(clusters):
            parts = inverse.T[rows].swapaxes(1, 2)
            scores = (parts @ _rescaled(design[rows] @ parts, residuals[rows, None]))[..., 0]
            self._covariance += scores.T @ scores
        self.degrees = len(set(clusters)) - int(np.linalg.matrix_rank(design))

    def coefficient(self, place: int) -> tuple[float, tuple[float, float]]:
        """Return a coefficient and its interval."""
        mean = float(self._beta[place])
        quantile = float(special.stdtrit(self.degrees, (1 + CONFIDENCE) / 2))
        half = quantile * float(np.sqrt(self._covariance[place, place]))
        return mean, (mean - half, mean + half)


def _of_equal_size(clusters: Sequence[str]) -> Iterator[NDArray[np.int64]]:
    """Yield the places of the members of clusters, one a row, those of one size together."""
    members: dict[str, list[int]] = {}
    for place, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(place)
    for size in sorted(set(map(len, members.values()))):
        yield np.array([rows for rows in members.values() if len(rows) == size])


def _rescaled(leverage: Floats, residuals: Floats) -> Floats:
    """Return (I - H)⁻¹ e; a run that the fit meets exactly tells nothing of the error.

    Args:
        leverage: Of M clusters of K runs, (M, K, K).
        residuals: Theirs, (M, K, 1).
    """
    left = np.eye(leverage.shape[-1]) - leverage
    return np.asarray(np.linalg.pinv(left, rtol=1e-10) @ residuals)


def _design(runs: Sequence[Run], terms: Sequence[Term]) -> Floats:
    """Return one row a run: the constant, the terms, the repeats but the first."""
    repeats = sorted({run.repeat for run in runs})[1:]
    rows = [
        [1.0]
        + [run.shares[name].get(word, 0.0) for name, word in terms]
        + [float(run.repeat == repeat) for repeat in repeats]
        for run in runs
    ]
    return np.array(rows)


def _count(runs: Sequence[Run], term: Term) -> tuple[int, int]:
    """Return how many architectures have an option and how many have another."""
    of = {run.architecture: run.shares[term[0]].get(term[1], 0.0) for run in runs}
    return sum(share > 0 for share in of.values()), sum(share < 1 for share in of.values())


def _scarce(with_it: int, without: int) -> str:
    if not with_it:
        return "never trained"
    if not without:
        return "in every architecture: nothing to compare it with"
    if min(with_it, without) < LEAST_ARCHITECTURES:
        few = "with" if with_it < without else "without"
        return f"fewer than {LEAST_ARCHITECTURES} architectures {few} it"
    return ""


def _too_few(architectures: int, coefficients: int) -> str:
    missing = coefficients + LEAST_DEGREES - architectures
    if missing <= 0:
        return ""
    return (
        f"{architectures} architectures are too few for {coefficients} coefficients: it needs "
        f"{missing} more, or decisions of a larger scope"
    )


def _aliases(design: Floats, terms: Sequence[Term]) -> dict[Term, str]:
    """Return, for each effect that the design cannot tell, with which others it coincides."""
    # R has the null space of QR, and does not grow with the runs.
    lost = null_space(np.linalg.qr(design, mode="r"), rcond=_TOLERANCE)
    projection = lost @ lost.T
    found: dict[Term, str] = {}
    for place, term in enumerate(terms, start=1):
        if projection[place, place] > _TOLERANCE:
            partners = [terms[other - 1] for other in _partners(projection, place, len(terms))]
            found[term] = _together(partners)
    return found


def _partners(projection: Floats, place: int, count: int) -> Iterator[int]:
    for other in range(1, count + 1):
        if other != place and abs(projection[place, other]) > _TOLERANCE:
            yield other


def _together(partners: Sequence[Term]) -> str:
    if not partners:
        return "goes with the constant: nothing to compare it with"
    names = ", ".join(f"{name} = {word}" for name, word in partners[:_MOST_NAMED])
    more = len(partners) - _MOST_NAMED
    return f"cannot be told apart from {names}" + (f" and {more} more" if more > 0 else "")


def to_dict(effect: Effect) -> dict[str, Any]:
    """Return an effect as JSON takes it."""
    low, high = effect.interval or (None, None)
    return {
        "decision": effect.decision,
        "option": effect.option,
        "reference": effect.reference,
        "with": effect.with_it,
        "without": effect.without,
        "effect": effect.mean,
        "low": low,
        "high": high,
        "clear": effect.is_clear,
        "problem": effect.problem,
    }

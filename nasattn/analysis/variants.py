"""The variants of a study against one of them, over the seeds that both were trained with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import fmean, median

from nasattn.analysis.paired import (
    ALPHA,
    Difference,
    Interval,
    equivalence,
    holm,
    paired_difference,
    sample_sd,
    seeds_for_signed_rank,
    signed_rank,
    smallest_signed_rank_p,
    t_interval,
)
from nasattn.errors import UnknownNameError, UserError
from nasattn.records import Trial

BARE = "bare"
"""What the bare backbone is called where the study has no name for it."""

MARGIN = 0.2 / 100
"""Of accuracy: within it a variant counts as free, where nobody says otherwise."""

TESTS = ("t", "wilcoxon")


@dataclass(frozen=True, slots=True)
class Variant:
    """One architecture of a study with its trainings.

    Attributes:
        name: Its variant's, ``bare``, or else ``trial N``.
        trial: Its first trial, complete or not: what it is and costs.
        by_seed: Its complete trials, by repeat.
    """

    name: str
    trial: Trial
    by_seed: Mapping[int, Trial]

    @property
    def accuracies(self) -> Mapping[int, float]:
        """Return the accuracy of each complete repeat."""
        return {seed: float(trial.accuracy or 0.0) for seed, trial in self.by_seed.items()}

    @property
    def accuracy(self) -> float | None:
        """Return the mean over the seeds; None without any."""
        return fmean(self.accuracies.values()) if self.by_seed else None

    @property
    def accuracy_sd(self) -> float | None:
        """Return the sample standard deviation over the seeds."""
        return sample_sd(self.accuracies.values())

    @property
    def eval_images_per_second(self) -> float | None:
        """Return the median over the seeds."""
        speeds = (trial.eval_images_per_second for trial in self.by_seed.values())
        known = [speed for speed in speeds if speed is not None]
        return median(known) if known else None


@dataclass(frozen=True, slots=True)
class Compared:
    """One variant against the reference.

    Attributes:
        variant: Which.
        seeds: The repeats that both have.
        difference: In accuracy; None for the reference, and without a common seed.
        p: Two-sided, of the test that was asked for.
        p_holm: The same, adjusted for all comparisons of the table.
        p_equivalent: Of the two one-sided tests against the margin, adjusted likewise.
    """

    variant: Variant
    seeds: tuple[int, ...] = ()
    difference: Difference | None = None
    p: float | None = None
    p_holm: float | None = None
    p_equivalent: float | None = None

    @property
    def verdict(self) -> str:
        """Return ``better``, ``worse``, ``free`` or ``open``; nothing where nothing was compared.

        What differs significantly is not called free, however little it is.
        """
        if self.difference is None:
            return ""
        if self.p_holm is not None and self.p_holm < ALPHA:
            return "better" if self.difference.interval.mean > 0 else "worse"
        is_free = self.p_equivalent is not None and self.p_equivalent < ALPHA
        return "free" if is_free else "open"


@dataclass(frozen=True, slots=True)
class Comparison:
    """All variants of a study against one of them.

    Attributes:
        against: The reference.
        baseline: The bare backbone; None where the study has none.
        rows: One a variant, the reference included, in the order of trials.
        test: One of `TESTS`.
        margin: The accuracy, as a fraction, below which a difference would not matter.
    """

    against: Variant
    baseline: Variant | None
    rows: tuple[Compared, ...]
    test: str
    margin: float


def variants_of(trials: Iterable[Trial]) -> tuple[Variant, ...]:
    """Return the architectures among ``trials``, in their order, under names that differ."""
    groups: dict[str, list[Trial]] = {}
    for trial in sorted(trials, key=lambda trial: trial.trial):
        groups.setdefault(trial.digest, []).append(trial)
    return tuple(map(_variant, groups.values()))


def compare_variants(
    variants: Sequence[Variant], *, against: str | None, margin: float, test: str = "t"
) -> Comparison:
    """Compare every variant with one of them, seed by seed.

    Args:
        variants: At least one.
        against: The reference's name; None is the bare backbone, else the first.
        margin: In accuracy, as a fraction, above 0.
        test: One of `TESTS`: the paired t-test, or Wilcoxon's signed-rank test.

    Raises:
        UnknownNameError: there is no variant of that name.
        UserError: the signed-rank test cannot be significant with so few seeds.
    """
    names = {variant.name: variant for variant in variants}
    baseline = next((variant for variant in variants if not variant.trial.placements), None)
    if against is not None and against not in names:
        raise UnknownNameError("variant", against, names, "--against")
    reference = names[against] if against is not None else baseline or variants[0]
    bare = [_compared(variant, reference, test, margin) for variant in variants]
    pairs = [row.difference.n for row in bare if row.difference is not None]
    if test == "wilcoxon" and pairs:
        check_power(max(pairs), len(pairs))
    adjusted = holm([row.p for row in bare])
    equivalent = holm([row.p_equivalent for row in bare])
    rows = tuple(
        Compared(row.variant, row.seeds, row.difference, row.p, p, same)
        for row, p, same in zip(bare, adjusted, equivalent, strict=True)
    )
    return Comparison(reference, baseline, rows, test, margin)


def overstatement(score: float, variant: Variant) -> Interval | None:
    """Return by how much a search's score is more than the mean of fresh trainings.

    The score is what it is; the interval is that of the mean.

    Returns:
        None without a complete trial.
    """
    accuracies = variant.accuracies.values()
    return t_interval([score - accuracy for accuracy in accuracies]) if accuracies else None


def _variant(group: Sequence[Trial]) -> Variant:
    first = group[0]
    # Of a repeat that was trained again in another's place the later one counts.
    complete = {trial.repeat: trial for trial in group if trial.is_result}
    own = BARE if not first.placements else f"trial {first.trial}"
    name = next((trial.variant for trial in group if trial.variant), own)
    return Variant(name, first, dict(sorted(complete.items())))


def _compared(variant: Variant, reference: Variant, test: str, margin: float) -> Compared:
    ours, theirs = variant.accuracies, reference.accuracies
    seeds = tuple(seed for seed in ours if seed in theirs)
    if variant is reference or not seeds:
        return Compared(variant, seeds)
    sides = [ours[seed] for seed in seeds], [theirs[seed] for seed in seeds]
    difference = paired_difference(*sides)
    p = signed_rank(*sides) if test == "wilcoxon" else difference.p
    return Compared(variant, seeds, difference, p, p_equivalent=equivalence(*sides, margin))


def check_power(seeds: int, comparisons: int) -> None:
    """Refuse a signed-rank test none of whose p-values could be significant.

    Args:
        seeds: How many pairs there are at most.
        comparisons: How many p-values are adjusted together, by Holm.

    Raises:
        UserError: saying how many seeds would do.
    """
    least = smallest_signed_rank_p(seeds) * comparisons
    if least > ALPHA:
        adjusted = f", Holm-adjusted for {comparisons} comparisons," if comparisons > 1 else ""
        raise UserError(
            f"the signed-rank test cannot be significant with {seeds} seeds: its smallest "
            f"two-sided p{adjusted} is {min(least, 1.0):.3g}; "
            f"{seeds_for_signed_rank(comparisons)} seeds would do"
        )


def missing_seeds(rows: Iterable[Compared]) -> Mapping[str, tuple[int, ...]]:
    """Return, by variant, the seeds that others were trained with and it was not (yet)."""
    variants = [row.variant for row in rows]
    known = sorted(set(chain.from_iterable(variant.by_seed for variant in variants)))
    lacking = {v.name: tuple(seed for seed in known if seed not in v.by_seed) for v in variants}
    return {name: seeds for name, seeds in lacking.items() if seeds}

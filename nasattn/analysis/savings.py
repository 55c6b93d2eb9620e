"""What early stopping saved and what it may have missed, judged by the trials it let alone."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from scipy import stats

from nasattn.analysis.pareto import front
from nasattn.errors import UserError
from nasattn.records import Study, Trial
from nasattn.records.exempt import is_drawn

FEWEST = 10
"""With fewer exempt trials nothing is said: if none of nine missed the front, the interval for the
share of all would still reach to a third."""

# Endings that no pruner decided on.
_OTHERS_WORDS = ("by hand", "max_trial_time")
# Of these an exempt trial was not ended but told to wait, and might have gone on.
_PAUSING = ("mo-asha-promotion", "freeze-thaw")


class Estimate(NamedTuple):
    """A mean or a share, with its 95 % interval; None where there is nothing to tell it from."""

    value: float | None
    low: float | None
    high: float | None


class Savings(NamedTuple):
    """What pruning did in a study.

    Attributes:
        share: Of the trials that was to be exempt.
        stopped: Trials that the pruner ended.
        epochs: That these were not trained for.
        seconds: What they would have taken, at the pace of each trial's own epochs.
        exempt: Trials that were drawn to be trained to their end, and came there.
        spared: Those of them that the pruner would have ended or paused.
        missed: Those of the latter that are on the study's front, by number.
        per_trial: Epochs that pruning saves of a trial, from the exempt ones: mean, with the
            interval of Student's t.
        seconds_per_trial: The same in seconds, as the exempt trials took them.
        missed_share: The share of all trials that end on the front and are stopped before: that
            of ``missed`` among ``exempt``, with the interval of Clopper and Pearson (1934).
        judged: Trials that the pruner could have stopped, those that are exempt among them.
        whole: Epochs of a whole training.
        is_at_most: Whether the estimates are bounds: the pruner lets trials wait that may go on.
    """

    share: float
    stopped: int
    epochs: int
    seconds: float
    exempt: int
    spared: int
    missed: tuple[int, ...]
    per_trial: Estimate
    seconds_per_trial: Estimate
    missed_share: Estimate
    judged: int
    whole: int
    is_at_most: bool

    @property
    def is_enough(self) -> bool:
        """Tell whether there are exempt trials enough to judge by."""
        return self.exempt >= FEWEST


def savings(study: Study, trials: Sequence[Trial]) -> Savings:
    """Judge a study's pruner.

    Args:
        study: The study.
        trials: All of it, with their learning curves.

    Raises:
        UserError: it has no pruner.
    """
    search, whole = study.table("search"), study.epochs or 0
    pruner = search.get("pruner", "none")
    if pruner == "none":
        raise UserError(f'study "{study.name}" has no pruner: nothing was saved, nothing missed')
    share, seed = float(search.get("exempt", 0.0)), int(study.settings.get("seed", 0))
    drawn = [t for t in trials if is_drawn(seed, share, t.trial) and not _is_let_alone(t)]
    exempt = [trial for trial in drawn if trial.is_result]
    spared = [trial for trial in exempt if trial.spared_at is not None]
    on_front = {n for m in front(trials, study.objectives).members for n in m.trials}
    missed = tuple(trial.trial for trial in spared if trial.trial in on_front)
    stopped = [trial for trial in trials if _was_stopped(trial)]
    return Savings(
        share=share,
        stopped=len(stopped),
        epochs=sum(whole - len(trial.curve) for trial in stopped),
        seconds=math.fsum(_left_seconds(trial, whole) for trial in stopped),
        exempt=len(exempt),
        spared=len(spared),
        missed=missed,
        per_trial=_mean([float(_saved(trial)) for trial in exempt]),
        seconds_per_trial=_mean([_saved_seconds(trial) for trial in exempt]),
        missed_share=_proportion(len(missed), len(exempt)),
        judged=sum(not _is_let_alone(t) and (t.is_result or _was_stopped(t)) for t in trials),
        whole=whole,
        is_at_most=(pruner.get("name") if isinstance(pruner, Mapping) else pruner) in _PAUSING,
    )


def _is_let_alone(trial: Trial) -> bool:
    """Tell whether a trial is never stopped anyhow: the baseline, repeats, variants, by hand."""
    return trial.trial == 0 or trial.repeat > 0 or trial.variant is not None or trial.by_hand


def _was_stopped(trial: Trial) -> bool:
    return trial.state == "pruned" and not trial.reason.startswith(_OTHERS_WORDS)


def _left_seconds(trial: Trial, whole: int) -> float:
    done = len(trial.curve)
    return trial.seconds / done * (whole - done) if done else 0.0


def _saved(trial: Trial) -> int:
    """Return how many epochs the pruner would have saved of a trial that came to its end."""
    return len(trial.curve) - (trial.spared_at or len(trial.curve))


def _saved_seconds(trial: Trial) -> float:
    rest = trial.curve[len(trial.curve) - _saved(trial) :]
    return math.fsum(epoch.get("seconds") or 0.0 for epoch in rest)


def _mean(values: Sequence[float]) -> Estimate:
    if len(values) < 2:
        return Estimate(values[0] if values else None, None, None)
    mean = math.fsum(values) / len(values)
    error = float(stats.sem(values))
    half = error * float(stats.t.ppf(0.975, len(values) - 1))
    return Estimate(mean, max(mean - half, 0.0), mean + half)


def _proportion(count: int, total: int) -> Estimate:
    if not total:
        return Estimate(None, None, None)
    interval = stats.binomtest(count, total).proportion_ci(0.95, method="exact")
    return Estimate(count / total, float(interval.low), float(interval.high))

"""Other engines, from their own packages with their defaults.

All begin with the bare backbone, as ours do, and none pays for the same architecture twice. Where
an Optuna sampler proposes one that was trained already it is told the known result for nothing, as
Optuna's documentation advises, and after ten of these in a row an architecture is drawn that is
new. Random proposals, those of both ASHAs, are drawn again.
"""

import warnings
from collections.abc import Callable
from datetime import datetime
from random import Random

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import TrialState

from comparing.course import Course
from nasattn.analysis.dominance import nondominated
from nasattn.seeding import derive_seed

_MOST_KNOWN = 10
_NUM_STARTS = 10


def random(course: Course) -> None:
    """Train what was not trained yet, drawn uniformly."""
    course.whole(course.bed.domain.bare)
    while True:
        with course.proposing.running():
            digest = course.unseen()
        course.whole(digest)


def optuna_sampler(course: Course, make: Callable[[int], BaseSampler]) -> None:
    """Let a sampler of Optuna's propose, with all objectives."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        sampler = make(derive_seed(course.seed, "peer") % 2**32)
    costs = course.bed.table.study.objectives[1:]
    study = optuna.create_study(
        directions=["maximize", *["minimize"] * len(costs)], sampler=sampler
    )
    domain, known_in_a_row = course.bed.domain, 0
    study.enqueue_trial(dict(domain.params[domain.bare]))
    while True:
        with course.proposing.running():
            if known_in_a_row == _MOST_KNOWN:
                study.enqueue_trial(dict(domain.params[course.unseen()]))
            trial = study.ask()
            digest = domain.ask(trial)
        known_in_a_row = known_in_a_row + 1 if digest in course.known else 0
        study.tell(trial, [course.whole(digest), *course.cost(digest)])


def optuna_asha(course: Course) -> None:
    """Random proposals, stopped by accuracy alone: Optuna prunes in no study of more objectives."""
    seed = derive_seed(course.seed, "peer") % 2**32
    study = optuna.create_study(
        direction="maximize", sampler=RandomSampler(seed=seed), pruner=SuccessiveHalvingPruner()
    )
    domain = course.bed.domain
    study.enqueue_trial(dict(domain.params[domain.bare]))
    while True:
        with course.proposing.running():
            trial = study.ask()
            digest = domain.ask(trial)
        if digest in course.known:
            if len(course.known) == len(domain.params):
                return
            study.tell(trial, state=TrialState.FAIL)
            continue
        study.tell(trial, *_judged(course, trial, digest))


def _judged(course: Course, trial: optuna.Trial, digest: str) -> tuple[float | None, TrialState]:
    accuracy = 0.0
    for epoch, accuracy in enumerate(course.epochs(digest), 1):
        with course.judging.running():
            trial.report(accuracy, epoch)
            is_out = trial.should_prune()
        if is_out and epoch < course.bed.table.epochs:
            course.stop()
            return None, TrialState.PRUNED  # Optuna takes the last that was reported
    return accuracy, TrialState.COMPLETE


def syne_tune_mo_asha(course: Course) -> None:
    """Syne Tune's own scheduler, which proposes at random and stops by all objectives."""
    from syne_tune.backend.trial_status import Trial
    from syne_tune.config_space import choice
    from syne_tune.optimizer.scheduler import SchedulerDecision
    from syne_tune.optimizer.schedulers.multiobjective.moasha import MOASHA

    domain, costs = course.bed.domain, course.bed.table.study.objectives[1:]
    # It draws from numpy's global stream.
    np.random.seed(derive_seed(course.seed, "peer") % 2**32)  # noqa: NPY002
    scheduler = MOASHA(
        config_space={name: choice(list(values)) for name, values in domain.parameters.items()},
        metrics=["error", *costs],
        time_attr="epoch",
        max_t=course.bed.table.epochs,
    )
    digest, config = domain.bare, dict(domain.params[domain.bare])
    for number in range(10**9):
        trial = Trial(number, config, datetime(2026, 1, 1))
        scheduler.on_trial_add(trial)
        for epoch, accuracy in enumerate(course.epochs(digest), 1):
            reached = dict(zip(costs, course.cost(digest), strict=True))
            with course.judging.running():
                result = {"epoch": epoch, "error": 1 - accuracy, **reached}
                decision = scheduler.on_trial_result(trial, result)
            if decision == SchedulerDecision.STOP and epoch < course.bed.table.epochs:
                course.stop()
                break
        with course.proposing.running():
            if len(course.known) == len(domain.params):
                return
            while digest in course.known:
                config = scheduler.suggest().config
                digest = domain.read(config)


def local_search(course: Course) -> None:
    """Pareto local search, by first improvement (Paquete, Chiarandini & Stützle, 2004).

    It begins with ten random architectures (as White et al., 2021, do for one objective) and keeps
    all that none dominates. It tries the neighbours (one decision changed) of the one kept last, in
    random order, until one of them is kept and takes its place, or none is left and the one kept
    before has its turn; where no neighbour is left at all it tries a random architecture.
    """
    chance = Random(derive_seed(course.seed, "peer"))
    course.whole(course.bed.domain.bare)
    for _ in range(_NUM_STARTS):
        course.whole(course.unseen())
    while True:
        with course.proposing.running():
            digest = _neighbour(course, chance) or course.unseen()
        course.whole(digest)


def _neighbour(course: Course, chance: Random) -> str | None:
    """Return an untried neighbour of the one that was kept last and has any."""
    points = {d: (-accuracy, *course.cost(d)) for d, accuracy in course.known.items()}
    best = set(nondominated(points.values()))
    kept = [d for d, point in points.items() if point in best]
    for digest in reversed(kept):
        left = [d for d in course.bed.domain.neighbours(digest) if d not in course.known]
        if left:
            return chance.choice(left)
    return None

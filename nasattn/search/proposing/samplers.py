"""Optuna's samplers and our own, by the names that studies use."""

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from nasattn.search.proposing.cost_aware.sampler import CostAwareSampler
from nasattn.search.proposing.problem import Problem


def _tpe(seed: int, problem: Problem) -> BaseSampler:
    # Multivariate and grouped: hyperparameters of one module are modelled together, apart
    # from those of the modules that stand there in other trials.
    startup = max(4, min(10, problem.trials // 3))
    return TPESampler(multivariate=True, group=True, seed=seed, n_startup_trials=startup)


def _nsga2(seed: int, problem: Problem) -> BaseSampler:
    # Optuna's 50 would leave a study of 60 trials without a second generation.
    return NSGAIISampler(population_size=max(4, min(50, problem.trials // 4)), seed=seed)


def _gp(seed: int, problem: Problem) -> BaseSampler:
    # Parameters that depend on others are drawn at random: this sampler models only those
    # that every trial has.
    startup = max(4, min(10, problem.trials // 3))
    return GPSampler(seed=seed, n_startup_trials=startup, warn_independent_sampling=False)


def _random(seed: int, problem: Problem) -> BaseSampler:
    del problem
    return RandomSampler(seed=seed)


def _cost_aware(seed: int, problem: Problem) -> BaseSampler:
    return CostAwareSampler(problem, seed)


class NSGAIISampler(optuna.samplers.NSGAIISampler):
    """Optuna's, which spends most of its time on comparing every parameter of every trial.

    Its name is Optuna's too: trials carry it in the key of their generation.
    """

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the parameters that all complete trials have, from equal distributions."""
        del trial
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        spaces = [before.distributions for before in complete]
        return {
            name: distribution
            for name, distribution in sorted(spaces[-1].items() if spaces else ())
            if not distribution.single() and all(_has(s, name, distribution) for s in spaces)
        }


def _has(space: Mapping[str, BaseDistribution], name: str, distribution: BaseDistribution) -> bool:
    found = space.get(name)
    return found is distribution or found == distribution


_MAKERS: Mapping[str, Callable[[int, Problem], BaseSampler]] = MappingProxyType(
    {"tpe": _tpe, "nsga2": _nsga2, "gp": _gp, "random": _random, "cost-aware": _cost_aware}
)

SAMPLERS = tuple(_MAKERS)


def make_sampler(name: str, seed: int, problem: Problem) -> BaseSampler:
    """Return a fresh sampler.

    Args:
        name: ``tpe``, ``nsga2``, ``gp``, ``random`` or ``cost-aware``.
        seed: Its seed.
        problem: The study. Start-up phases and populations are scaled to its total.
    """
    with warnings.catch_warnings():
        # Grouped multivariate TPE is called experimental by Optuna 5.0 (2026-11).
        warnings.simplefilter("ignore", ExperimentalWarning)
        return _MAKERS[name](seed % 2**32, problem)


def learns(name: str) -> bool:
    """Tell whether a sampler looks at the trials so far."""
    return name != "random"


def kept_notes(name: str, notes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a sampler must find again in its trials: for NSGA-II the generation."""
    return dict(notes) if name == "nsga2" else {}

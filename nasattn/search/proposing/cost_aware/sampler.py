"""``cost-aware`` as a sampler of Optuna."""

from collections.abc import Mapping
from random import Random
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial

from nasattn.search.proposing.choosers import distributions_of
from nasattn.search.proposing.cost_aware.candidates import candidates_of
from nasattn.search.proposing.cost_aware.choosing import choose
from nasattn.search.proposing.cost_aware.past import Past
from nasattn.search.proposing.cost_aware.reading import reader_of
from nasattn.search.proposing.problem import Problem
from nasattn.space import parameters


class CostAwareSampler(BaseSampler):
    """Proposes what is expected to enlarge the front most, every cost being exact before training.

    The first trials are spread over the costs. From then on a Gaussian process predicts accuracies
    from what stands where, fed with the final accuracies and learning curves of all trials, and of
    many candidates the one of the largest expected hypervolume improvement is proposed. What a
    trial must tell is in `nasattn.search.proposing.cost_aware.observed`. A proposal is a function
    of the seed and the trials alone.

    Args:
        problem: The search space with its costs.
        seed: Of the candidates that are drawn.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem
        self._chance = Random(seed)
        self._random = RandomSampler(seed=seed)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return every parameter of the space, those that depend on others too."""
        del study, trial
        return distributions_of(self._problem.space, dict(parameters(self._problem.space)))

    def sample_relative(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: Mapping[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Return the parameters of the next architecture; none where no unseen one is found."""
        del search_space
        candidates = candidates_of(self._problem)
        others = (t for t in study.get_trials(deepcopy=False) if t.number != trial.number)
        tried = tuple(reader_of(self._problem).read(others))
        found = choose(Past(self._problem, candidates, tried), self._chance)
        return found.params if found else {}

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw a parameter at random."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

"""Who chooses: Optuna's trial, or chance."""

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from nasattn.space import Categorical, Decision, Domain, Interval, Option, Scalar, Space, parameters


def distribution(domain: Domain) -> BaseDistribution:
    """Return Optuna's form of a domain."""
    if isinstance(domain, Categorical):
        return CategoricalDistribution(domain.values)
    if domain.integer:
        return IntDistribution(int(domain.low), int(domain.high), log=domain.log)
    return FloatDistribution(domain.low, domain.high, log=domain.log)


def distributions_of(space: Space, params: dict[str, Any]) -> dict[str, BaseDistribution]:
    """Return the distributions of the parameters that were asked for."""
    domains = parameters(space)
    return {name: distribution(domains[name]) for name in params}


class SamplerChooser:
    """Asks an Optuna trial."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial

    def categorical(self, name: str, values: Sequence[Scalar]) -> Scalar:
        """Return what the sampler picks."""
        picked = self._trial.suggest_categorical(name, values)
        return next(value for value in values if value == picked and type(value) is type(picked))

    def number(self, name: str, interval: Interval) -> float:
        """Return what the sampler picks."""
        low, high = interval.low, interval.high
        if interval.integer:
            return self._trial.suggest_int(name, int(low), int(high), log=interval.log)
        return self._trial.suggest_float(name, low, high, log=interval.log)


class RandomChooser:
    """Draws every value uniformly (on a log scale where the interval says so).

    Attributes:
        params: What was drawn, by parameter name.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.params: dict[str, Scalar] = {}

    def categorical(self, name: str, values: Sequence[Scalar]) -> Scalar:
        """Return one of ``values``."""
        self.params[name] = self._random.choice(values)
        return self.params[name]

    def number(self, name: str, interval: Interval) -> float:
        """Return a number of ``interval``."""
        self.params[name] = number_between(interval, self._random.uniform)
        return float(self.params[name])


class GivenChooser:
    """Answers with the parameters that it was given."""

    def __init__(self, params: Mapping[str, Scalar]) -> None:
        self._params = params

    def categorical(self, name: str, values: Sequence[Scalar]) -> Scalar:
        """Return the parameter."""
        del values
        return self._params[name]

    def number(self, name: str, interval: Interval) -> float:
        """Return the parameter."""
        del interval
        return float(self._params[name])


def number_between(interval: Interval, uniform: Callable[[float, float], float]) -> float:
    """Return a number of ``interval`` drawn by ``uniform(low, high)``."""
    low, high = interval.low, interval.high
    if interval.integer:
        # Half a step beyond the ends, so that they are as likely as the rest.
        low, high = low - 0.5, high + 0.5
    log = interval.log
    value = math.exp(uniform(math.log(low), math.log(high))) if log else uniform(low, high)
    if interval.integer:
        value = round(value)
    return min(max(value, interval.low), interval.high)


def params_of(
    decision: Decision, option: Option, values: Iterable[tuple[str, Scalar]]
) -> Iterator[tuple[str, Scalar]]:
    """Yield the parameters of one decision, by the names that a sampler knows them by.

    Args:
        decision: The decision.
        option: Its option.
        values: Name and value of each hyperparameter of the option that the file mentions.
    """
    if decision.domain.is_free:
        yield decision.name, option.word
    domains = dict(option.hyperparameters)
    for name, value in values:
        if domains[name].is_free:
            yield decision.parameter(option, name), value


def bare_params(space: Space) -> dict[str, Scalar] | None:
    """Return the parameters of the bare backbone, or None where the space does not hold it."""
    params: dict[str, Scalar] = {}
    for decision in space.decisions:
        if all(option.module is not None for option in decision.options):
            return None
        if decision.domain.is_free:
            params[decision.name] = "none"
    return params

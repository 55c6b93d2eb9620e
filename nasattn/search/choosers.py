"""Who chooses: Optuna's trial, chance, or every possibility in turn."""

import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from nasattn.placement import Architecture
from nasattn.space import Categorical, Domain, Interval, Scalar, Space, decide, parameters


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
        low, high = interval.low, interval.high
        if interval.log:
            value = math.exp(self._random.uniform(math.log(low), math.log(high)))
        else:
            value = self._random.uniform(low, high)
        value = min(max(value, low), high)
        self.params[name] = round(value) if interval.integer else value
        return float(self.params[name])


class _Odometer:
    """Gives the next combination at each pass, the last question varying fastest."""

    def __init__(self) -> None:
        self._digits: list[int] = []
        self._counts: list[int] = []
        self.params: dict[str, Scalar] = {}

    def begin(self) -> None:
        self.params = {}

    def categorical(self, name: str, values: Sequence[Scalar]) -> Scalar:
        position = len(self.params)
        if position == len(self._digits):
            self._digits.append(0)
            self._counts.append(len(values))
        self.params[name] = values[self._digits[position]]
        return self.params[name]

    def number(self, name: str, interval: Interval) -> float:
        # The low end stands for an interval; the grid sampler refuses intervals beforehand.
        return float(self.categorical(name, (interval.low,)))

    def advance(self) -> bool:
        while self._digits and self._digits[-1] + 1 == self._counts[-1]:
            self._digits.pop()
            self._counts.pop()
        if not self._digits:
            return False
        self._digits[-1] += 1
        return True


def every_choice(space: Space) -> Iterator[tuple[Architecture, dict[str, Scalar]]]:
    """Go through all combinations of a space without intervals, in the order of its file.

    Yields:
        The architecture and the parameters that denote it; equal architectures come again.
    """
    odometer = _Odometer()
    while True:
        odometer.begin()
        architecture = decide(space, odometer)
        yield architecture, dict(odometer.params)
        if not odometer.advance():
            return


def bare_params(space: Space) -> dict[str, Scalar] | None:
    """Return the parameters of the bare backbone, or None where the space does not hold it."""
    params: dict[str, Scalar] = {}
    for decision in space.decisions:
        if all(option.module is not None for option in decision.options):
            return None
        if decision.domain.is_free:
            params[decision.name] = "none"
    return params

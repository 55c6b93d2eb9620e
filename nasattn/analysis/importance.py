"""How important parameters are, with the doubt that belongs to it."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nasattn.errors import UserError

DRAWS = 200
"""How often the architectures are drawn anew, and how often their values are shuffled."""

LEAST_ARCHITECTURES = 10
_LEAST_GOOD = 5
_USUAL_QUANTILE = 0.1


class Sample(NamedTuple):
    """An architecture's parameters and the accuracy that it reached."""

    parameters: Mapping[str, Any]
    value: float


Evaluate = Callable[[Sequence[Sample], float], Mapping[str, float]]
"""Importances by parameter, of being among the best share of the samples."""


class Importance(NamedTuple):
    """How much of what sets the good architectures apart is one decision.

    Attributes:
        decision: Which.
        share: Of all decisions' importances; they add up to 1.
        interval: From 2.5 to 97.5 % of the shares over architectures drawn with replacement.
        chance: The share that 95 % of shuffles stay below: what a decision of no effect reaches.
        parameters: Importances of its option and of its hyperparameters, which make the share.
    """

    decision: str
    share: float
    interval: tuple[float, float]
    chance: float
    parameters: Mapping[str, float]


class Importances(NamedTuple):
    """The importances of a study's decisions for accuracy.

    Attributes:
        decisions: In the order of the space.
        architectures: How many there are, repeats averaged.
        quantile: The share of them that counts as good.
        draws: How often they were drawn anew, and how often shuffled.
    """

    decisions: tuple[Importance, ...]
    architectures: int
    quantile: float
    draws: int


def importances(
    samples: Sequence[Sample],
    decisions: Mapping[str, Sequence[str]],
    evaluate: Evaluate,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Importances:
    """Return the importance of each decision: of its option and of what belongs to that.

    Args:
        samples: One an architecture.
        decisions: The parameters of each decision.
        evaluate: Tells the importances of parameters.
        draws: How often the samples are drawn with replacement, and how often shuffled.
        seed: Of both.

    Raises:
        UserError: there are fewer than ``LEAST_ARCHITECTURES`` samples.
    """
    count = len(samples)
    if count < LEAST_ARCHITECTURES:
        raise UserError(
            f"importance: needs {LEAST_ARCHITECTURES} complete architectures of the space, and "
            f"there are {count}"
        )
    # Optuna advises at least five good ones; more than half of all would not be the good ones.
    quantile = max(_USUAL_QUANTILE, min(_LEAST_GOOD / count, 0.5))
    chance = random.Random(seed)
    own = dict(evaluate(samples, quantile))
    shares = _shares(own, decisions)
    drawn = [
        _shares(evaluate(chance.choices(samples, k=count), quantile), decisions)
        for _ in range(draws)
    ]
    shuffled = [
        _shares(evaluate(_shuffled(samples, chance), quantile), decisions) for _ in range(draws)
    ]
    found = tuple(
        Importance(
            name,
            shares[name],
            (_quantile(_of(drawn, name), 0.025), _quantile(_of(drawn, name), 0.975)),
            _quantile(_of(shuffled, name), 0.95),
            {parameter: own.get(parameter, 0.0) for parameter in parameters},
        )
        for name, parameters in decisions.items()
    )
    return Importances(found, count, quantile, draws)


def _shares(
    values: Mapping[str, float], decisions: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    sums = {name: sum(values.get(p, 0.0) for p in of) for name, of in decisions.items()}
    total = sum(sums.values())
    return {name: value / total if total else 0.0 for name, value in sums.items()}


def _shuffled(samples: Sequence[Sample], chance: random.Random) -> list[Sample]:
    values = [sample.value for sample in samples]
    chance.shuffle(values)
    return [sample._replace(value=v) for sample, v in zip(samples, values, strict=True)]


def _of(drawn: Iterable[Mapping[str, float]], name: str) -> list[float]:
    return sorted(shares[name] for shares in drawn)


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]

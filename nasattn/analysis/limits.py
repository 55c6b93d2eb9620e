"""Limits that a person sets to what of a front is looked at."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from nasattn.analysis.pareto import Result
from nasattn.errors import UserError
from nasattn.records import Trial

_NUMBER = r"(\d[\d_]*(?:\.\d*)?|\.\d+)"
_PREFIXES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


class Limits(NamedTuple):
    """What an architecture must keep to.

    Attributes:
        costs: The most of each cost that has a limit.
        accuracy: The least accuracy; None for any.
    """

    costs: Mapping[str, float]
    accuracy: float | None

    def keeps(self, result: Result) -> bool:
        """Tell whether an architecture keeps to all limits; what is not known does not."""
        values = {cost: getattr(result.trial, cost) for cost in self.costs}
        cheap = all(v is not None and v <= self.costs[cost] for cost, v in values.items())
        reached = result.trial.accuracy
        return cheap and (self.accuracy is None or (reached or 0.0) >= self.accuracy)


def read_limits(
    costs: Mapping[str, str | None], accuracy: str | None, trials: Iterable[Trial]
) -> Limits:
    """Read limits as the command line has them.

    Args:
        costs: ``300k``, ``1_000_000`` or, relative to the bare backbone, ``1.05x``, by cost.
        accuracy: ``0.9`` or ``90%``.
        trials: Of the study: the bare backbone's costs are asked of them.

    Raises:
        UserError: a limit cannot be read, or is relative and the bare backbone's cost not known.
    """
    bare = next((trial for trial in trials if trial.is_baseline), None)
    found = {cost: _cost(cost, text, bare) for cost, text in costs.items() if text is not None}
    return Limits(found, None if accuracy is None else _accuracy(accuracy))


def _cost(cost: str, text: str, bare: Trial | None) -> float:
    option = f"--max-{'latency' if cost == 'latency_ms' else cost} {text}"
    if relative := re.fullmatch(rf"{_NUMBER}x", text):
        base = getattr(bare, cost, None)
        if base is None:
            raise UserError(
                f"{option}: the bare backbone's {cost} is not known yet; give a number instead"
            )
        return float(Decimal(relative[1].replace("_", "")) * Decimal(str(base)))
    absolute = re.fullmatch(rf"{_NUMBER}([kMGT]?)", text)
    if absolute is None:
        example = "2.5 (milliseconds)" if cost == "latency_ms" else "300000 or 300k"
        raise UserError(
            f"{option}: must be a number, as {example}, or relative to the bare backbone: 1.05x"
        )
    return float(Decimal(absolute[1].replace("_", "")) * _PREFIXES[absolute[2]])


def _accuracy(text: str) -> float:
    match = re.fullmatch(rf"{_NUMBER}(%?)", text.replace(" ", ""))
    value = float(match[1].replace("_", "")) / (100 if match[2] else 1) if match else -1.0
    if not 0 <= value <= 1:
        raise UserError(f"--min-accuracy {text}: must be from 0 to 1, as 0.9, or in percent: 90%")
    return value

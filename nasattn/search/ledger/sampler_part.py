"""What a sampler must find again of a trial, as the trial's file in the run folder keeps it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial


@dataclass(frozen=True, slots=True)
class SamplerPart:
    """Parameters, their distributions and the sampler's notes (Optuna's system attributes)."""

    params: dict[str, Any]
    distributions: dict[str, BaseDistribution]
    notes: dict[str, Any]


def sampler_part(frozen: FrozenTrial) -> dict[str, Any]:
    """Return it as JSON takes it."""
    domains = frozen.distributions
    return {
        "params": dict(frozen.params),
        "distributions": {
            name: json.loads(distribution_to_json(domains[name])) for name in frozen.params
        },
        "notes": dict(frozen.system_attrs),
    }


@lru_cache(maxsize=4096)  # a study has few, and each trial tells all of its own
def distribution_of(text: str) -> BaseDistribution:
    """Return the distribution that Optuna writes as ``text``; of equal texts the same object."""
    return json_to_distribution(text)


def read_sampler_part(values: Mapping[str, Any]) -> SamplerPart:
    """Return what ``sampler_part`` wrote.

    Raises:
        ValueError: it is not whole.
    """
    try:
        params, domains = dict(values["params"]), dict(values["distributions"])
        read = {name: distribution_of(json.dumps(domains[name])) for name in params}
        return SamplerPart(params, read, dict(values["notes"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"its sampler's part is broken: {error}") from None

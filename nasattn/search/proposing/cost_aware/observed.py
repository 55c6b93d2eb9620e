"""What the sampler ``cost-aware`` is told of a trial, beside its parameters: one user attribute.

It reads nothing else of an Optuna trial: neither state nor values. A trial without the attribute
is one that must not be proposed again, and no more; one without parameters is the bare backbone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

OBSERVED_KEY = "nasattn:observed"


class Observed(NamedTuple):
    """What is known of a trial.

    Attributes:
        accuracies: Its learning curve, one for each epoch; as long as a whole training where it
            has come to its end.
        is_open: Whether it may still come to its end: it is running, or paused.
        latency_ms: Where that is an objective and was measured.
    """

    accuracies: Sequence[float] = ()
    is_open: bool = False
    latency_ms: float | None = None

    def attribute(self) -> dict[str, Any]:
        """Return the user attributes that tell it."""
        return {OBSERVED_KEY: {**self._asdict(), "accuracies": list(self.accuracies)}}


def read_observed(attributes: Mapping[str, Any]) -> Observed:
    """Return what a trial's user attributes tell."""
    return Observed(**attributes.get(OBSERVED_KEY, {}))

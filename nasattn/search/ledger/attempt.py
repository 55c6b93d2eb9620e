"""What a trial is to train, and one start of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from nasattn.placement import Architecture
from nasattn.records import WORKER_KEY, Trial

ENDED = frozenset({"complete", "pruned", "failed"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """An architecture with the parameters that a sampler chose it by.

    Attributes:
        architecture: What to train; canonical.
        params: Value by parameter name.
        distributions: Distribution by parameter name.
        notes: What the sampler wants to find again (Optuna's system attributes).
        variant: The variant's name, where the study lists them.
    """

    architecture: Architecture
    params: Mapping[str, Any]
    distributions: Mapping[str, BaseDistribution]
    notes: Mapping[str, Any]
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One start of a trial: its record and Optuna's trial behind it."""

    record: Trial
    frozen: FrozenTrial

    @property
    def row(self) -> int:
        """Optuna's number of the trial behind it, in the whole storage."""
        return self.frozen._trial_id

    @property
    def worker(self) -> str | None:
        """Token of the worker that runs it; None where it is closed."""
        if self.frozen.state.is_finished():
            return None
        return str(self.frozen.user_attrs.get(WORKER_KEY, ""))

    @property
    def has_ended(self) -> bool:
        """Whether it counts: a bare backbone that failed is trained again, whatever else ended."""
        return self.record.state in ENDED and not (
            self.record.trial == 0 and self.record.state == "failed"
        )

    @property
    def is_set_aside(self) -> bool:
        """Whether a person took its result out: it is as if the trial had never been."""
        return self.record.state == "invalid"

    @property
    def is_left_off(self) -> bool:
        """Whether it is to be gone on with; another trial takes the place of one set aside.

        The baseline has no other: it is trained again under its own number.
        """
        return not self.has_ended and (self.record.trial == 0 or not self.is_set_aside)

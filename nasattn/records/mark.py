"""Marks by which a person sets a spoiled result aside without destroying it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from nasattn.records.trial import Trial

EXHAUSTED_KEY = "nasattn:exhausted"
"""The study's attribute of this name has how many trials it had, those set aside not counted, when
no unseen architecture within the budget was left."""

MARK_KEY = "nasattn:invalid:"
"""The study's attribute of this name and a trial's number has the trial's mark, or null."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of a spoiled result.

    Attributes:
        attempt: The attempt that it came from: it and those before it are invalid.
        reason: Why, in words.
    """

    attempt: int
    reason: str

    def covers(self, trial: Trial) -> bool:
        """Tell whether ``trial`` is what was set aside, and no later attempt at it."""
        return trial.attempt <= self.attempt

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> "Mark":
        """Return the mark that ``to_dict`` wrote.

        Raises:
            ValueError: it is none.
        """
        if isinstance(values, Mapping):
            attempt, reason = values.get("attempt"), values.get("reason")
            if type(attempt) is int and isinstance(reason, str):
                return cls(attempt, reason)
        raise ValueError(f"the mark {values!r} has no attempt and reason")


def marks_of(attributes: Mapping[str, Any]) -> dict[int, Mark]:
    """Return the marks among a study's attributes, by trial.

    Raises:
        ValueError: one of them is broken.
    """
    found = ((re.fullmatch(rf"{MARK_KEY}(\d+)", key), value) for key, value in attributes.items())
    return {int(match[1]): Mark.from_dict(value) for match, value in found if match and value}


def marked(trial: Trial, mark: Mark | None) -> Trial:
    """Return ``trial`` as it is shown: invalid, with the mark's reason, where one covers it."""
    if mark is None or not mark.covers(trial):
        return trial
    return replace(trial, state="invalid", reason=mark.reason)

"""What a search tells whoever watches it."""

from collections.abc import Mapping
from typing import Any, Protocol

from nasattn.records import Trial


class Observer(Protocol):
    """Hears of every step; must not change anything."""

    def study_opened(
        self, name: str, objectives: tuple[str, ...], ended: tuple[Trial, ...], total: int
    ) -> None:
        """A study is made or gone on with; ``ended`` are its ended trials."""
        ...

    def trial_started(self, trial: Trial, epochs: int) -> None:
        """A trial begins, or goes on after the epochs of its curve; ``epochs`` are all of it."""
        ...

    def epoch_finished(self, trial: Trial, epoch: Mapping[str, Any]) -> None:
        """An epoch of the running trial is in the record."""
        ...

    def trial_ended(self, trial: Trial) -> None:
        """The trial is complete, pruned, failed or paused."""
        ...

    def note(self, text: str) -> None:
        """Something that the user should know."""
        ...

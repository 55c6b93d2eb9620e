"""What proposals, verdicts and the agenda need of the trials so far, wherever these are kept."""

from typing import Protocol

from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt


class Book(Protocol):
    """The trials of a study: `Ledger` writes down real ones, a replay its own."""

    def attempts(self) -> list[Attempt]:
        """Return the latest attempt of every trial, by number."""
        ...

    def history(self, trial: int) -> list[Trial]:
        """Return the records of all attempts at a trial, the first one first."""
        ...

    def close(self, attempt: Attempt) -> bool:
        """Let an attempt take no more writes; False where someone else has closed it."""
        ...

    def values(self, record: Trial) -> list[float]:
        """Return the objectives of a complete trial."""
        ...

    def begin_anew(self, record: Trial) -> None:
        """Forget from where a trial could be gone on with."""
        ...

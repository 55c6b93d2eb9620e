"""How long proposals and verdicts take on this machine."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt, Proposal
from nasattn.search.ledger.book import Book
from nasattn.search.proposing.proposing import Proposer, Rejected
from nasattn.search.pruning.stopping import Stopping
from nasattn.search.study.settings import Settings


class Stopwatch:
    """Adds up the time spent inside it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time from here on."""
        began = perf_counter()
        try:
            yield
        finally:
            self.seconds += perf_counter() - began


class TimedProposer:
    """Proposes as another does, and takes the time."""

    def __init__(self, proposer: Proposer) -> None:
        self._proposer, self.watch = proposer, Stopwatch()

    def first(self) -> Proposal:
        """Return trial 0."""
        with self.watch.running():
            return self._proposer.first()

    def propose(
        self, number: int, attempts: Sequence[Attempt], rejected: Rejected
    ) -> Proposal | None:
        """Return what the other proposes."""
        with self.watch.running():
            return self._proposer.propose(number, attempts, rejected)


class TimedStopping(Stopping):
    """Asks the pruner, and takes the time."""

    def __init__(self, settings: Settings, ledger: Book) -> None:
        super().__init__(settings, ledger)
        self.watch = Stopwatch()

    def judge(self, record: Trial) -> bool:
        """Ask about a running trial."""
        with self.watch.running():
            return super().judge(record)

    def promoted(self, attempts: Sequence[Attempt]) -> Attempt | None:
        """Return the waiting trial that goes on next."""
        with self.watch.running():
            return super().promoted(attempts)

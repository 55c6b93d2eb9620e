"""What a worker does next: a trial that nobody runs, the next repeat, or a new architecture."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from nasattn.search.ledger.attempt import Attempt, Proposal
from nasattn.search.ledger.book import Book
from nasattn.search.ledger.ledger import TakenError
from nasattn.search.proposing.proposing import Proposer, Rejected
from nasattn.search.pruning.standings import waits
from nasattn.search.pruning.stopping import Stopping
from nasattn.search.study.catalogue import Catalogue
from nasattn.search.trial.recorded import recorded_proposal


@dataclass(frozen=True, slots=True)
class Task:
    """A trial to be trained: a new one, or one that is gone on with.

    Attributes:
        number: The trial's.
        attempt: From 1.
        repeat: Which seed.
        proposal: What to train.
        extended_to: To how many epochs, where these are more than the recipe's.
        by_hand: Whether a person has it trained further.
        spared_at: The epoch after which the pruner would have ended it, as earlier attempts know.
    """

    number: int
    attempt: int
    repeat: int
    proposal: Proposal
    extended_to: int | None = None
    by_hand: bool = False
    spared_at: int | None = None


class Agenda:
    """Finds the next task of a worker; every worker of a study goes by the same rules.

    Args:
        material: The study.
        ledger: Its trials.
        proposer: Proposes new architectures.
        stopping: Knows which trial is to be promoted.
        note: Hears in words of proposals that were turned down.
    """

    def __init__(
        self,
        material: Catalogue,
        ledger: Book,
        proposer: Proposer,
        stopping: Stopping,
        note: Callable[[str], None],
    ) -> None:
        self._material, self._ledger, self._stopping = material, ledger, stopping
        self._proposer, self._note = proposer, note
        self._is_exhausted = False

    def next_task(self, attempts: Sequence[Attempt], alive: Collection[str]) -> Task | None:
        """Return the trial that was cut off, the one to be promoted, the next repeat or a new one.

        Args:
            attempts: The latest attempt of every trial.
            alive: Tokens of the workers whose trials are theirs.

        Returns:
            The task, or None where there is none but what others are at.

        Raises:
            TakenError: another worker was quicker; ``attempts`` are not the latest any more.
        """
        for attempt in attempts:
            if attempt.is_left_off and not waits(attempt.record) and attempt.worker not in alive:
                return self.again(attempt)
        promoted = self._stopping.promoted(attempts)
        if promoted is not None:
            return self.again(promoted)
        if sum(not attempt.is_set_aside for attempt in attempts) >= self._material.settings.trials:
            return None
        number = len(attempts)
        if not attempts:
            return Task(0, 1, 0, self._proposer.first())
        return self._next_repeat(number, attempts) or self._new(number, attempts)

    def again(self, attempt: Attempt) -> Task:
        """Return the next attempt at a trial, which nobody else is at.

        Raises:
            TakenError: another worker was quicker.
            UserError: the code makes another architecture of its placements than it did.
        """
        if not self._ledger.close(attempt):
            raise TakenError
        record = attempt.record
        if attempt.is_set_aside:
            self._ledger.begin_anew(record)
        return Task(
            record.trial,
            record.attempt + 1,
            record.repeat,
            recorded_proposal(self._material, attempt),
            extended_to=record.extended_to,
            by_hand=record.by_hand,
            spared_at=None if attempt.is_set_aside else record.spared_at,
        )

    def _next_repeat(self, number: int, attempts: Sequence[Attempt]) -> Task | None:
        """Return the next repeat of the first architecture that lacks one and was not stopped."""
        trained = [attempt for attempt in attempts if not attempt.is_set_aside]
        known = {(attempt.record.digest, attempt.record.repeat) for attempt in trained}
        for attempt in trained:
            if attempt.record.state in ("pruned", "paused"):
                continue
            for repeat in range(self._material.settings.repeats):
                if (attempt.record.digest, repeat) not in known:
                    return Task(number, 1, repeat, recorded_proposal(self._material, attempt))
        return None

    def _new(self, number: int, attempts: Sequence[Attempt]) -> Task | None:
        if self._is_exhausted:
            return None
        rejected = Rejected()
        proposal = self._proposer.propose(number, attempts, rejected)
        self._is_exhausted = proposal is None
        if rejected.over_budget:
            self._note(f"trial {number}: {rejected.over_budget} proposals were over the budget")
        return Task(number, 1, 0, proposal) if proposal else None

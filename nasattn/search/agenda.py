"""What a worker does next: a trial that nobody runs, the next repeat, or a new architecture."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nasattn.errors import FailedError
from nasattn.placement import canonical
from nasattn.search.freeze import Material
from nasattn.search.ledger import Attempt, Ledger, Proposal, TakenError
from nasattn.search.observer import Observer
from nasattn.search.proposing import Proposer, Rejected
from nasattn.search.stopping import Stopping, waits
from nasattn.search.study_file import VariantPlacement


@dataclass(frozen=True, slots=True)
class Task:
    """A trial to be trained: a new one, or one that was cut off."""

    number: int
    attempt: int
    repeat: int
    proposal: Proposal


class Agenda:
    """Finds the next task of a worker; every worker of a study goes by the same rules.

    Args:
        material: The study.
        ledger: Its trials.
        proposer: Proposes new architectures.
        stopping: Knows which trial is to be promoted.
        observer: Hears of proposals that were turned down.
    """

    def __init__(
        self,
        material: Material,
        ledger: Ledger,
        proposer: Proposer,
        stopping: Stopping,
        observer: Observer,
    ) -> None:
        self._material, self._ledger, self._stopping = material, ledger, stopping
        self._proposer, self._observer = proposer, observer
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
            if not attempt.has_ended and not waits(attempt) and attempt.worker not in alive:
                return self._again(attempt)
        promoted = self._stopping.promoted(attempts)
        if promoted is not None:
            return self._again(promoted)
        if len(attempts) >= self._material.settings.trials:
            return None
        number = len(attempts)
        if not attempts:
            return Task(0, 1, 0, self._proposer.first())
        return self._next_repeat(number, attempts) or self._new(number, attempts)

    def _again(self, attempt: Attempt) -> Task:
        if not self._ledger.close(attempt):
            raise TakenError
        record = attempt.record
        return Task(record.trial, record.attempt + 1, record.repeat, self.proposal_of(attempt))

    def _next_repeat(self, number: int, attempts: Sequence[Attempt]) -> Task | None:
        """Return the next repeat of the first architecture that lacks one and was not stopped."""
        trained = Counter(attempt.record.digest for attempt in attempts)
        for attempt in attempts:
            done = trained[attempt.record.digest]
            stopped = attempt.record.state in ("pruned", "paused")
            if done < self._material.settings.repeats and not stopped:
                return Task(number, 1, done, self.proposal_of(attempt))
        return None

    def _new(self, number: int, attempts: Sequence[Attempt]) -> Task | None:
        if self._is_exhausted:
            return None
        rejected = Rejected()
        proposal = self._proposer.propose(number, attempts, rejected)
        self._is_exhausted = proposal is None
        if rejected.over_budget:
            self._observer.note(
                f"trial {number}: {rejected.over_budget} proposals were over the budget"
            )
        return Task(number, 1, 0, proposal) if proposal else None

    def proposal_of(self, attempt: Attempt) -> Proposal:
        """Return what a trial trains, from its record alone.

        Raises:
            FailedError: another version of nasattn made the record.
        """
        frozen, record = attempt.frozen, attempt.record
        bare = self._material.settings.bare
        architecture = canonical(
            bare.backbone,
            dict(bare.backbone_args),
            bare.input_shape,
            [VariantPlacement.model_validate(p).placement(p["at"]) for p in record.placements],
        )
        if architecture.digest != record.digest:
            raise FailedError(
                f"trial {record.trial} was trained as {record.digest}, but its placements make "
                f"{architecture.digest}: another version of nasattn made it"
            )
        notes = frozen.system_attrs
        return Proposal(architecture, frozen.params, frozen.distributions, notes, record.variant)

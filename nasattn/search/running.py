"""The search itself: propose, train, record, until the study's total is reached."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from nasattn.errors import FailedError, StoppedError, UserError, WriteError
from nasattn.records import Trial
from nasattn.search.continuing import plan_again
from nasattn.search.environment import device_name
from nasattn.search.freeze import Material
from nasattn.search.ledger import ENDED, Attempt, Ledger, Proposal, now
from nasattn.search.proposing import Rejected, make_proposer
from nasattn.search.pruned import PrunedError
from nasattn.search.recorded import check_unchanged, recorded_proposal
from nasattn.search.session import Session
from nasattn.search.timing_trial import time_trial, with_known_latency
from nasattn.search.training_trial import train_architecture
from nasattn.training import Epoch, is_open_ended, remove_checkpoints


class Outcome(StrEnum):
    """How a search ended."""

    DONE = "done"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class Task:
    """A trial to be trained: a new one, or one that is gone on with."""

    number: int
    attempt: int
    repeat: int
    proposal: Proposal
    extended_to: int | None = None
    by_hand: bool = False


class Runner:
    """Runs the trials of one study, one after the other, in this process.

    Args:
        material: The frozen study and what it works on.
        ledger: Where every step is written.
        folder: The run folder.
        session: Where and how it runs.
    """

    def __init__(self, material: Material, ledger: Ledger, folder: Path, session: Session) -> None:
        self._material, self._ledger, self._folder = material, ledger, folder
        self._session, self._check = session, session.check
        self._observer = session.observer
        self._is_timed = "latency_ms" in material.settings.objectives
        self._proposer = make_proposer(material, ledger, session.check)

    def run(self) -> Outcome:
        """Train until the study's total is reached or its space is exhausted.

        Raises:
            StoppedError: the user asked to stop; the trial in progress is paused.
            FailedError: the storage, the disk or the bare backbone failed.
        """
        attempts = self._open()
        while not self._is_done(attempts):
            self._check()
            task = self._next_task(attempts)
            if task is None:
                return Outcome.EXHAUSTED
            self._train(task)
            attempts = self._ledger.attempts()
        return Outcome.DONE

    def _is_done(self, attempts: Sequence[Attempt]) -> bool:
        """Tell whether no trial is left off and the total is reached."""
        ended = sum(attempt.has_ended for attempt in attempts)
        left_off = any(attempt.is_left_off for attempt in attempts)
        return ended >= self._material.settings.trials and not left_off

    def run_again(self, numbers: Sequence[int], epochs: int | None) -> Outcome:
        """Train chosen trials further, under their own numbers, and nothing else.

        Args:
            numbers: Which.
            epochs: To how many in all, where these are more than the recipe's.

        Raises:
            UserError: from ``plan_again``.
            StoppedError: as for ``run``.
            FailedError: as for ``run``.
        """
        settings = self._material.settings
        has_baseline = settings.search.sampler != "single"
        for again in plan_again(
            self._open(), numbers, epochs, settings.recipe, has_baseline=has_baseline
        ):
            self._check()
            for words in again.notes:
                self._observer.note(words)
            if again.from_its_beginning:
                remove_checkpoints(self._ledger.trial_folder(again.attempt.record))
            task = self._again(again.attempt)
            self._train(replace(task, extended_to=again.extended_to, by_hand=True))
        return Outcome.DONE

    def _open(self) -> list[Attempt]:
        """Bring the trials in order, check that they are of this code, and tell of them."""
        settings = self._material.settings
        for attempt in self._ledger.attempts():
            if attempt.record.state in ENDED:
                # Killed between the record and Optuna's state.
                self._ledger.settle(attempt)
        attempts = self._ledger.attempts()
        check_unchanged(self._material, attempts)
        ended = tuple(a.record for a in attempts if a.has_ended)
        self._observer.study_opened(settings.name, settings.objectives, ended, settings.trials)
        return attempts

    def _next_task(self, attempts: list[Attempt]) -> Task | None:
        """Return the trial that was cut off, else the next repeat, else a new architecture."""
        for attempt in attempts:
            if attempt.is_left_off:
                return self._again(attempt)
        number = len(attempts)
        if not attempts:
            return Task(0, 1, 0, self._proposer.first())
        repeat = self._next_repeat(number, attempts)
        if repeat is not None:
            return repeat
        rejected = Rejected()
        proposal = self._proposer.propose(number, attempts, rejected)
        if rejected.over_budget:
            self._observer.note(
                f"trial {number}: {rejected.over_budget} proposals were over the budget"
            )
        return Task(number, 1, 0, proposal) if proposal else None

    def _next_repeat(self, number: int, attempts: list[Attempt]) -> Task | None:
        """Return the next repeat of the first architecture that lacks one."""
        trained = [attempt for attempt in attempts if not attempt.is_set_aside]
        known = {(attempt.record.digest, attempt.record.repeat) for attempt in trained}
        for attempt in trained:
            for repeat in range(self._material.settings.repeats):
                if (attempt.record.digest, repeat) not in known:
                    return Task(number, 1, repeat, recorded_proposal(self._material, attempt))
        return None

    def _again(self, attempt: Attempt) -> Task:
        record = attempt.record
        self._ledger.settle(attempt)
        if attempt.is_set_aside:
            remove_checkpoints(self._ledger.trial_folder(record))
        proposal = recorded_proposal(self._material, attempt)
        return Task(
            record.trial,
            record.attempt + 1,
            record.repeat,
            proposal,
            extended_to=record.extended_to,
            by_hand=record.by_hand,
        )

    def _train(self, task: Task) -> None:
        record = self._record(task)
        if self._is_timed:
            record = with_known_latency(record, self._ledger.attempts())
        attempt = self._ledger.start(record, task.proposal)
        self._latest = attempt.record
        try:
            attempt = self._timed(task, attempt)
            record = self._train_epochs(task, attempt)
        except StoppedError:
            self._end(attempt, replace(self._latest, state="paused", reason="interrupted"))
            raise
        except PrunedError as pruned:
            self._end(attempt, replace(self._latest, state="pruned", reason=str(pruned)))
        except (WriteError, UserError):
            raise
        except Exception as error:  # a user's network may raise anything
            self._fail(task, attempt, error)
        else:
            self._end(attempt, replace(record, state="complete"))

    def _timed(self, task: Task, attempt: Attempt) -> Attempt:
        """Measure the latency of an attempt where the study asks for it and it is not known."""
        if not self._is_timed or attempt.record.latency_ms is not None:
            return attempt
        found = time_trial(self._material, task.proposal.architecture, self._session.device)
        self._latest = replace(
            attempt.record, latency_ms=found.median_ms, latency_iqr_ms=found.iqr_ms
        )
        return self._ledger.update(attempt, self._latest)

    def _train_epochs(self, task: Task, attempt: Attempt) -> Trial:
        record = attempt.record
        before = self._before(task)
        folder = self._ledger.trial_folder(record)
        architecture = task.proposal.architecture
        material = self._material.with_epochs(task.extended_to)
        with closing(
            train_architecture(material, architecture, task.repeat, self._session, folder)
        ) as curves:
            record = self._enter(attempt, next(curves))
            if before and not record.curve:
                self._observer.note(
                    f"trial {record.trial} starts again from its beginning: no usable checkpoint"
                )
            self._observer.trial_started(record, material.settings.recipe.epochs)
            for curve in curves:
                self._note_memory(record, curve)
                record = self._enter(attempt, curve)
                self._note_repeated(record, before)
                self._observer.epoch_finished(record, record.curve[-1])
        return record

    def _before(self, task: Task) -> dict[int, Mapping[str, Any]]:
        """Return the epochs by number that earlier attempts of the same schedule recorded."""
        if task.attempt == 1:
            return {}
        is_any = is_open_ended(self._material.settings.recipe.schedule)
        return self._ledger.recorded(
            task.number, lambda record: is_any or record.extended_to == task.extended_to
        )

    def _enter(self, attempt: Attempt, epochs: Sequence[Epoch]) -> Trial:
        """Enter a learning curve; return the record that it belongs to."""
        if not epochs:
            return attempt.record
        curve = tuple(asdict(epoch) for epoch in epochs)
        self._latest = replace(
            attempt.record,
            curve=curve,
            accuracy=epochs[-1].accuracy,
            best_accuracy=max(epoch.accuracy for epoch in epochs),
            epochs=len(epochs),
            seconds=sum(epoch.seconds for epoch in epochs),
        )
        self._ledger.add_epoch(attempt, curve)
        return self._latest

    def _note_memory(self, record: Trial, epochs: Sequence[Epoch]) -> None:
        """Say so where memory ran out in the last epoch."""
        last, before = epochs[-1], epochs[-2:-1]
        batch = before[0].micro_batch if before else self._material.settings.recipe.batch_size
        if last.micro_batch < batch:
            self._observer.note(
                f"trial {record.trial}, epoch {last.epoch}: memory ran out; from here on "
                f"{last.micro_batch} images go through at a time, and BatchNorm sees so many"
            )

    def _note_repeated(self, record: Trial, before: Mapping[int, Mapping[str, Any]]) -> None:
        """Say so where an epoch that was trained again did not come out as it was recorded."""
        epoch = record.curve[-1]
        for key, old in before.get(epoch["epoch"], {}).items():
            if key != "seconds" and key in epoch and epoch[key] != old:
                self._observer.note(
                    f"trial {record.trial}, epoch {epoch['epoch']}, trained again: "
                    f"{key} was {old}, now {epoch[key]}"
                )
                return

    def _end(self, attempt: Attempt, record: Trial) -> None:
        self._observer.trial_ended(self._ledger.end(attempt, record).record)

    def _fail(self, task: Task, attempt: Attempt, error: Exception) -> None:
        """Record a failed trial; the study goes on, unless the bare backbone failed."""
        text = str(error).strip() or type(error).__name__
        reason = text.splitlines()[0]
        self._end(attempt, replace(self._latest, state="failed", reason=reason))
        if task.number == 0:
            what = "the network" if attempt.record.placements else "the bare backbone"
            raise FailedError(f"{what} cannot be trained: {reason}") from error

    def _record(self, task: Task) -> Trial:
        totals = self._material.model.cost(task.proposal.architecture)
        return Trial(
            trial=task.number,
            attempt=task.attempt,
            state="running",
            digest=task.proposal.architecture.digest,
            repeat=task.repeat,
            variant=task.proposal.variant,
            params=totals.params,
            flops=totals.flops,
            flops_stock=totals.flops_stock,
            epochs=0,
            extended_to=task.extended_to,
            by_hand=task.by_hand,
            seconds=0.0,
            placements=tuple(p.to_dict() for p in task.proposal.architecture.placements),
            device=device_name(self._session.device),
            started=now(),
        )

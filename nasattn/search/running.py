"""The search itself: propose, train, record, until the study's total is reached."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from nasattn.errors import FailedError, StoppedError, UserError, WriteError
from nasattn.placement import canonical
from nasattn.records import Trial
from nasattn.search.environment import device_name
from nasattn.search.freeze import Material
from nasattn.search.ledger import ENDED, Attempt, Ledger, Proposal, now
from nasattn.search.proposing import Rejected, make_proposer
from nasattn.search.pruned import PrunedError, WaitsError
from nasattn.search.session import Session
from nasattn.search.standings import waits
from nasattn.search.stopping import Stopping, given_up
from nasattn.search.study_file import VariantPlacement
from nasattn.search.timing_trial import time_trial, with_known_latency
from nasattn.search.training_trial import train_architecture
from nasattn.training import Epoch


class Outcome(StrEnum):
    """How a search ended."""

    DONE = "done"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class Task:
    """A trial to be trained: a new one, or one that was cut off."""

    number: int
    attempt: int
    repeat: int
    proposal: Proposal


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
        self._stopping = Stopping(material.settings, ledger)

    def run(self) -> Outcome:
        """Train until the study's total is reached or its space is exhausted.

        Raises:
            StoppedError: the user asked to stop; the trial in progress is paused.
            FailedError: the storage, the disk or the bare backbone failed.
        """
        settings = self._material.settings
        for attempt in self._ledger.attempts():
            if attempt.record.state in ENDED:
                # Killed between the record and Optuna's state.
                self._ledger.settle(attempt)
        attempts = self._ledger.attempts()
        self._check_backbone(attempts)
        ended = tuple(a.record for a in attempts if a.has_ended)
        self._observer.study_opened(settings.name, settings.objectives, ended, settings.trials)
        while sum(a.has_ended for a in attempts) < settings.trials:
            self._check()
            task = self._next_task(attempts)
            if task is None:
                return self._give_up(attempts)
            self._train(task)
            attempts = self._ledger.attempts()
        return Outcome.DONE

    def _check_backbone(self, attempts: list[Attempt]) -> None:
        """Refuse to go on over a backbone that is not the one that trial 0 trained."""
        if not attempts:
            return
        first = attempts[0].record
        now = self._material.model.cost(self._proposal_of(attempts[0]).architecture)
        if (first.params, first.flops) != (now.params, now.flops):
            raise UserError(
                f"backbone {self._material.settings.backbone} has changed since the study was "
                f"made: {first.params:,} params and {first.flops:,} flops then, "
                f"{now.params:,} and {now.flops:,} now"
            )

    def _next_task(self, attempts: list[Attempt]) -> Task | None:
        """Return the trial that was cut off, the one to be promoted, the next repeat or a new one.

        None where all are begun or no architecture is left, and none may be promoted.
        """
        for attempt in attempts:
            if not attempt.has_ended and not waits(attempt.record):
                return self._again(attempt)
        promoted = self._stopping.promoted(attempts)
        if promoted is not None:
            return self._again(promoted)
        number = len(attempts)
        if number >= self._material.settings.trials:
            return None
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
        """Return the next repeat of the first architecture that lacks one and was not stopped."""
        trained = Counter(attempt.record.digest for attempt in attempts)
        for attempt in attempts:
            done = trained[attempt.record.digest]
            stopped = attempt.record.state in ("pruned", "paused")
            if done < self._material.settings.repeats and not stopped:
                return Task(number, 1, done, self._proposal_of(attempt))
        return None

    def _give_up(self, attempts: list[Attempt]) -> Outcome:
        """End the trials that still wait for promotion, when no other will be begun."""
        for attempt in (a for a in attempts if waits(a.record)):
            again = self._ledger.start(given_up(attempt.record), self._proposal_of(attempt))
            self._end(again, again.record)
        ended = sum(attempt.has_ended for attempt in self._ledger.attempts())
        enough = ended >= self._material.settings.trials
        return Outcome.DONE if enough else Outcome.EXHAUSTED

    def _again(self, attempt: Attempt) -> Task:
        record = attempt.record
        self._ledger.settle(attempt)
        proposal = self._proposal_of(attempt)
        return Task(record.trial, record.attempt + 1, record.repeat, proposal)

    def _proposal_of(self, attempt: Attempt) -> Proposal:
        """Return what a trial trains, from its record alone."""
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
        except WaitsError as pause:
            paused = replace(self._latest, state="paused", reason=str(pause))
            self._end(attempt, replace(paused, waits_at=paused.epochs))
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
        before = self._ledger.recorded(task.number) if task.attempt > 1 else {}
        folder = self._ledger.trial_folder(record)
        architecture = task.proposal.architecture
        with closing(
            train_architecture(
                self._material,
                architecture,
                task.repeat,
                self._session,
                folder,
                judge=lambda: self._stopping.judge(self._latest),
            )
        ) as curves:
            record = self._enter(attempt, next(curves))
            if before and not record.curve:
                self._observer.note(
                    f"trial {record.trial} starts again from its beginning: no usable checkpoint"
                )
            self._observer.trial_started(record, self._material.settings.recipe.epochs)
            for curve in curves:
                self._note_memory(record, curve)
                record = self._enter(attempt, curve)
                self._note_repeated(record, before)
                self._observer.epoch_finished(record, record.curve[-1])
        return record

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
            seconds=0.0,
            placements=tuple(p.to_dict() for p in task.proposal.architecture.placements),
            device=device_name(self._session.device),
            started=now(),
        )

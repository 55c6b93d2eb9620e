"""One attempt at a trial, from its claim to how it ends."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from time import monotonic
from typing import Any

from nasattn.errors import FailedError, StoppedError, UserError, WriteError
from nasattn.records import Trial
from nasattn.search.dates import now
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.ledger.heartbeat import Heartbeat
from nasattn.search.ledger.ledger import Ledger
from nasattn.search.ledger.pruned import PrunedError, WaitsError
from nasattn.search.ledger.superseded import SupersededError
from nasattn.search.pruning.stopping import Stopping
from nasattn.search.study.environment import device_name
from nasattn.search.study.freeze import Material
from nasattn.search.study.session import Session
from nasattn.search.trial.timing_trial import time_trial, with_known_latency
from nasattn.search.trial.training_trial import train_architecture
from nasattn.search.working.agenda import Task
from nasattn.training import WALL_CLOCK, Epoch, is_open_ended


class TrialRun:
    """Trains one task and writes down how it ends.

    Args:
        material: The study.
        ledger: Its trials.
        session: Where to train; its check is called at every step.
        heartbeat: This worker's.
        stopping: Asked after every epoch.
        task: What to train.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that an attempt has to do with
        self,
        material: Material,
        ledger: Ledger,
        session: Session,
        heartbeat: Heartbeat,
        stopping: Stopping,
        task: Task,
    ) -> None:
        self._material, self._ledger, self._heartbeat = material, ledger, heartbeat
        self._observer, self._stopping, self._task = session.observer, stopping, task
        self._stopped_by = session.check
        self._session = replace(session, check=self._check)
        self._is_timed = "latency_ms" in material.settings.objectives
        self._latest = self._new_record()
        self._began = monotonic()

    def train(self, attempts: Sequence[Attempt]) -> Trial | None:
        """Claim the task and train it.

        Args:
            attempts: The latest attempt of every trial.

        Returns:
            The trial as it ended; None where others went on with it meanwhile.

        Raises:
            TakenError: another worker has claimed it.
            StoppedError: the user asked to stop; the trial is paused.
            FailedError: the storage, the disk or the bare backbone failed.
        """
        if self._is_timed:
            self._latest = with_known_latency(self._latest, attempts)
        attempt = self._ledger.start(self._latest, self._task.proposal)
        with self._heartbeat.running(attempt.row):
            try:
                return self._trained(attempt)
            except SupersededError:
                self._observer.note(
                    f"trial {self._task.number} has gone on in another worker, which took this "
                    "one for dead"
                )
        return None

    def _trained(self, attempt: Attempt) -> Trial:
        try:
            attempt = self._timed(attempt)
            record = self._train_epochs(attempt)
        except StoppedError as stopped:
            self._end(attempt, state="paused", reason=str(stopped))
            raise
        except PrunedError as pruned:
            return self._end(attempt, state="pruned", reason=str(pruned))
        except WaitsError as pause:
            self._latest = replace(self._latest, waits_at=self._latest.epochs)
            return self._end(attempt, state="paused", reason=str(pause))
        except (WriteError, UserError, SupersededError):
            raise
        except Exception as error:  # a user's network may raise anything
            return self._fail(attempt, error)
        else:
            self._latest = record
            return self._end(attempt, state="complete", reason="")

    def _check(self) -> None:
        """Raise what ends the attempt here.

        Raises:
            PrunedError: it has taken longer than the study gives a trial.
        """
        self._stopped_by()
        limit = self._material.settings.search.max_trial_seconds
        # The baseline is what all others are compared with; what a person trains further has
        # mostly used its time up before.
        if limit is None or self._task.number == 0 or self._task.by_hand:
            return
        if self._latest.seconds + monotonic() - self._began > limit:
            epochs = f"{self._latest.epochs} of {self._material.settings.recipe.epochs} epochs"
            raise PrunedError(f"max_trial_time is {limit:g} s: ended after {epochs}")

    def _timed(self, attempt: Attempt) -> Attempt:
        """Measure the latency of an attempt where the study asks for it and it is not known."""
        if not self._is_timed or attempt.record.latency_ms is not None:
            return attempt
        architecture = self._task.proposal.architecture
        found = time_trial(self._material, architecture, self._session.device)
        self._latest = replace(
            attempt.record, latency_ms=found.median_ms, latency_iqr_ms=found.iqr_ms
        )
        return self._ledger.update(attempt, self._latest)

    def _train_epochs(self, attempt: Attempt) -> Trial:
        record, task = attempt.record, self._task
        before = self._before()
        folder = self._ledger.trial_folder(record)
        architecture = task.proposal.architecture
        material = self._material.with_epochs(task.extended_to)
        with closing(
            train_architecture(
                material,
                architecture,
                task.repeat,
                self._session,
                folder,
                shelf=self._ledger.shelf(attempt, self._observer.note),
                judge=lambda: self._judge(attempt),
            )
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

    def _judge(self, attempt: Attempt) -> None:
        """Ask the pruner; write down the first epoch at which an exempt trial would have ended."""
        if self._stopping.judge(self._latest) and self._latest.spared_at is None:
            self._latest = replace(self._latest, spared_at=self._latest.epochs)
            self._ledger.update(attempt, self._latest)

    def _before(self) -> dict[int, Mapping[str, Any]]:
        """Return the epochs by number that earlier attempts of the same schedule recorded."""
        task = self._task
        if task.attempt == 1:
            return {}
        is_any = is_open_ended(self._material.settings.recipe.schedule)
        return self._ledger.recorded(
            task.number, lambda record: is_any or record.extended_to == task.extended_to
        )

    def _enter(self, attempt: Attempt, epochs: Sequence[Epoch]) -> Trial:
        """Enter a learning curve; return the record that it belongs to."""
        self._began = monotonic()
        if not epochs:
            return attempt.record
        curve = tuple(asdict(epoch) for epoch in epochs)
        spared_at = self._latest.spared_at
        self._latest = replace(attempt.record.with_curve(curve), spared_at=spared_at)
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
            if key not in WALL_CLOCK and key in epoch and epoch[key] != old:
                self._observer.note(
                    f"trial {record.trial}, epoch {epoch['epoch']}, trained again: "
                    f"{key} was {old}, now {epoch[key]}"
                )
                return

    def _end(self, attempt: Attempt, *, state: str, reason: str) -> Trial:
        record = replace(self._latest, state=state, reason=reason)
        ended = self._ledger.end(attempt, record).record
        self._observer.trial_ended(ended)
        return ended

    def _fail(self, attempt: Attempt, error: Exception) -> Trial:
        """Record a failed trial; the study goes on, unless the bare backbone failed."""
        text = str(error).strip() or type(error).__name__
        reason = text.splitlines()[0]
        ended = self._end(attempt, state="failed", reason=reason)
        if self._task.number == 0:
            what = "the network" if attempt.record.placements else "the bare backbone"
            raise FailedError(f"{what} cannot be trained: {reason}") from error
        return ended

    def _new_record(self) -> Trial:
        task = self._task
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
            spared_at=task.spared_at,
            seconds=0.0,
            placements=tuple(p.to_dict() for p in task.proposal.architecture.placements),
            device=device_name(self._session.device),
            started=now(),
        )

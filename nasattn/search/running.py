"""The search itself: propose, train, record, until the study's total is reached."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from time import monotonic, sleep

from nasattn.errors import UserError
from nasattn.search.agenda import Agenda, Task
from nasattn.search.freeze import Material
from nasattn.search.heartbeat import Heartbeat
from nasattn.search.ledger import Attempt, Ledger, TakenError
from nasattn.search.proposing import make_proposer
from nasattn.search.session import Session
from nasattn.search.trial_run import TrialRun

# Reading a long study takes its time: who waits for others spends no more than a part on it.
_WAIT_SECONDS, _WAIT_FACTOR = 0.5, 5.0


class Outcome(StrEnum):
    """How a search ended."""

    DONE = "done"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class OpenStudy:
    """A study that is opened to be worked on.

    Attributes:
        material: The frozen study and what it works on.
        ledger: Where every step is written.
        folder: The run folder.
        session: Where and how it runs.
    """

    material: Material
    ledger: Ledger
    folder: Path
    session: Session


class Runner:
    """Runs trials of a study, one after the other, in this process; others may do so as well.

    Args:
        study: The study.
        heard: Token of the last request to stop that is not meant for this process; None is the
            last that was made until now.
    """

    def __init__(self, study: OpenStudy, heard: str | None = None) -> None:
        self._material, self._ledger, self._session = study.material, study.ledger, study.session
        self._observer = study.session.observer
        self._heartbeat = Heartbeat(self._ledger.roster, self._ledger.worker, heard)
        proposer = make_proposer(self._material, self._ledger, self._check)
        self._agenda = Agenda(self._material, self._ledger, proposer, self._observer)
        self._told: set[tuple[int, int]] = set()

    def run(self) -> Outcome:
        """Train until the study's total is reached or its space is exhausted.

        Raises:
            StoppedError: the user asked to stop; the trial in progress is paused.
            FailedError: the storage, the disk or the bare backbone failed.
            UserError: the backbone was edited, or others work where latencies are measured.
        """
        settings = self._material.settings
        with self._heartbeat:
            self._check_alone()
            self._ledger.roster.sweep()
            self._ledger.tidy()
            attempts = self._ledger.attempts()
            self._check_backbone(attempts)
            ended = tuple(a.record for a in attempts if a.has_ended)
            self._told = {(record.trial, record.attempt) for record in ended}
            self._observer.study_opened(settings.name, settings.objectives, ended, settings.trials)
            outcome = None
            while outcome is None:
                outcome = self._step()
            return outcome

    def _check(self) -> None:
        self._session.check()
        self._heartbeat.check()

    def _check_alone(self) -> None:
        """Refuse to measure latencies while others train."""
        others = self._heartbeat.alive() - {self._ledger.worker.token}
        if others and "latency_ms" in self._material.settings.objectives:
            raise UserError(
                f'study "{self._material.settings.name}" measures latencies, which other workers '
                "disturb, and one is at it already"
            )

    def _check_backbone(self, attempts: Sequence[Attempt]) -> None:
        """Refuse to go on over a backbone that is not the one that trial 0 trained."""
        if not attempts:
            return
        first = attempts[0].record
        now = self._material.model.cost(self._agenda.proposal_of(attempts[0]).architecture)
        if (first.params, first.flops) != (now.params, now.flops):
            raise UserError(
                f"backbone {self._material.settings.backbone} has changed since the study was "
                f"made: {first.params:,} params and {first.flops:,} flops then, "
                f"{now.params:,} and {now.flops:,} now"
            )

    def _step(self) -> Outcome | None:
        """Train one trial, or wait for those of others; return the outcome when all is done."""
        self._session.check()
        self._heartbeat.check_between()
        began = monotonic()
        attempts = self._ledger.attempts()
        # Only now: who is in the record has signed in before.
        alive = self._heartbeat.alive()
        took = monotonic() - began
        self._tell(attempts)
        if sum(a.has_ended for a in attempts) >= self._material.settings.trials:
            return Outcome.DONE
        try:
            task = self._agenda.next_task(attempts, alive)
            if task is not None:
                self._train(task, attempts)
            elif any(attempt.worker in alive for attempt in attempts):
                self._wait(max(_WAIT_SECONDS, _WAIT_FACTOR * took))
            else:
                return Outcome.EXHAUSTED
        except TakenError:
            pass  # look again
        return None

    def _train(self, task: Task, attempts: Sequence[Attempt]) -> None:
        session = replace(self._session, check=self._check)
        run = TrialRun(self._material, self._ledger, session, self._heartbeat, task)
        ended = run.train(attempts)
        if ended is not None:
            self._told.add((ended.trial, ended.attempt))

    def _tell(self, attempts: Sequence[Attempt]) -> None:
        """Tell the observer of trials that others have ended."""
        for record in (attempt.record for attempt in attempts if attempt.has_ended):
            if (record.trial, record.attempt) not in self._told:
                self._told.add((record.trial, record.attempt))
                self._observer.trial_ended(record)

    def _wait(self, seconds: float) -> None:
        until = monotonic() + seconds
        while monotonic() < until:
            self._check()
            sleep(0.05)

"""The search itself: propose, train, record, until the study's total is reached."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from time import monotonic, sleep

from nasattn.errors import UserError
from nasattn.search.ledger.attempt import Attempt, Proposal
from nasattn.search.ledger.heartbeat import Heartbeat
from nasattn.search.ledger.ledger import Ledger, TakenError
from nasattn.search.proposing.proposing import make_proposer
from nasattn.search.pruning.standings import waits
from nasattn.search.pruning.stopping import Stopping, unpromoted
from nasattn.search.study.freeze import Material
from nasattn.search.study.session import Session
from nasattn.search.trial.continuing import again_at, attempt_at, plan_again
from nasattn.search.trial.recorded import check_unchanged
from nasattn.search.working.agenda import Agenda, Task
from nasattn.search.working.trial_run import TrialRun

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


def choose_again(
    study: OpenStudy,
    numbers: Sequence[int],
    epochs: int | None,
    living: Callable[[Collection[str]], Collection[str]],
) -> dict[int, int]:
    """Return the latest attempt's number at each of some trials that are to be trained further.

    Whoever finds a later attempt knows that another worker has taken the trial. What the user
    should know is told.

    Args:
        study: The study.
        numbers: The trials.
        epochs: To how many in all, where these are more than the recipe's.
        living: Returns which of some workers are alive: their trials are theirs.

    Raises:
        UserError: from ``plan_again``, or one of them is being trained.
    """
    settings = study.material.settings
    has_baseline = settings.search.sampler != "single"
    attempts = study.ledger.attempts()
    planned = plan_again(attempts, numbers, epochs, settings.recipe, has_baseline=has_baseline)
    alive = living({again.attempt.worker or "" for again in planned})
    for again in planned:
        if again.attempt.worker in alive:
            number = again.attempt.record.trial
            raise UserError(f"trial {number} is being trained; let it end or stop it first")
    for again in planned:
        for words in again.notes:
            study.session.observer.note(words)
    return {again.attempt.record.trial: again.attempt.record.attempt for again in planned}


class Runner:
    """Runs trials of a study, one after the other, in this process; others may do so as well.

    Args:
        study: The study.
        heard: Token of the last request to stop that is not meant for this process; None is the
            last that was made until now.
        wanted: What a person wants trained before the study's sampler is asked.
    """

    def __init__(
        self, study: OpenStudy, heard: str | None = None, wanted: Sequence[Proposal] = ()
    ) -> None:
        self._study = study
        self._material, self._ledger, self._session = study.material, study.ledger, study.session
        self._observer = study.session.observer
        self._heartbeat = Heartbeat(self._ledger.roster, self._ledger.worker, heard)
        proposer = make_proposer(self._material, self._ledger, self._check, wanted)
        self._stopping = Stopping(self._material.settings, self._ledger)
        self._agenda = Agenda(
            self._material, self._ledger, proposer, self._stopping, self._observer.note
        )
        self._told: set[tuple[int, int]] = set()

    def run(self) -> Outcome:
        """Train until the study's total is reached or its space is exhausted.

        Raises:
            StoppedError: the user asked to stop; the trial in progress is paused.
            FailedError: the storage, the disk or the bare backbone failed.
            UserError: the backbone was edited, or others work where latencies are measured.
        """
        with self._heartbeat:
            self._look_round()
            outcome = None
            while outcome is None:
                outcome = self._step()
            return outcome

    def run_again(self, numbers: Sequence[int], epochs: int | None) -> Outcome:
        """Train chosen trials further, under their own numbers, and nothing else.

        Args:
            numbers: Which.
            epochs: To how many in all, where these are more than the recipe's.

        Raises:
            UserError: from `choose_again`.
            StoppedError: as for ``run``.
            FailedError: as for ``run``.
        """
        with self._heartbeat:
            self._look_round()
            chosen = choose_again(self._study, numbers, epochs, self._living)
            return self._train_chosen(chosen, epochs)

    def share_again(self, chosen: Mapping[int, int], epochs: int | None) -> Outcome:
        """Train those of chosen trials further that no other worker takes.

        Args:
            chosen: From `choose_again`.
            epochs: As for ``run_again``.

        Raises:
            StoppedError: as for ``run``.
            FailedError: as for ``run``.
        """
        with self._heartbeat:
            self._look_round()
            return self._train_chosen(chosen, epochs)

    def _train_chosen(self, chosen: Mapping[int, int], epochs: int | None) -> Outcome:
        while True:
            self._session.check()
            self._heartbeat.check_between()
            attempts = self._ledger.attempts()
            alive = self._heartbeat.alive()
            self._tell(attempts)
            wanted = [attempt_at(number, attempts) for number in chosen]
            free = [attempt for attempt in wanted if attempt.worker not in alive]
            fresh = [a for a in free if a.record.attempt == chosen[a.record.trial]]
            cut_off = [a for a in free if a.is_left_off and a not in fresh]
            with suppress(TakenError):  # look again
                if fresh:
                    self._train_again(fresh[0], epochs, attempts)
                elif cut_off:
                    self._train(self._agenda.again(cut_off[0]), attempts)
                elif len(free) < len(wanted):
                    self._wait(_WAIT_SECONDS)
                else:
                    return Outcome.DONE

    def _train_again(
        self, attempt: Attempt, epochs: int | None, attempts: Sequence[Attempt]
    ) -> None:
        again = again_at(attempt, epochs, self._material.settings.recipe)
        task = self._agenda.again(attempt)
        if again.from_its_beginning:
            self._ledger.begin_anew(attempt.record)
        self._train(replace(task, extended_to=again.extended_to, by_hand=True), attempts)

    def _look_round(self) -> list[Attempt]:
        """Bring the trials in order, check that they are of this code, and tell of them."""
        settings = self._material.settings
        self._check_alone()
        self._ledger.roster.sweep()
        self._ledger.tidy()
        attempts = self._ledger.attempts()
        check_unchanged(self._material, attempts)
        ended = tuple(a.record for a in attempts if a.has_ended)
        self._told = {(record.trial, record.attempt) for record in ended}
        self._observer.study_opened(settings.name, settings.objectives, ended, settings.trials)
        return attempts

    def _check(self) -> None:
        self._session.check()
        self._heartbeat.check()

    def _living(self, tokens: Collection[str]) -> Collection[str]:
        return self._heartbeat.proven(tokens, self._check, self._observer.note)

    def _check_alone(self) -> None:
        """Refuse to measure latencies while others train."""
        if "latency_ms" not in self._material.settings.objectives:
            return
        if self._living(self._heartbeat.alive() - {self._ledger.worker.token}):
            raise UserError(
                f'study "{self._material.settings.name}" measures latencies, which other workers '
                "disturb, and one is at it already"
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
        if self._is_done(attempts):
            return Outcome.DONE
        try:
            task = self._agenda.next_task(attempts, alive)
            if task is not None:
                self._train(task, attempts)
            elif any(attempt.worker in alive for attempt in attempts):
                self._wait(max(_WAIT_SECONDS, _WAIT_FACTOR * took))
            else:
                return self._give_up(attempts)
        except TakenError:
            pass  # look again
        return None

    def _is_done(self, attempts: Sequence[Attempt]) -> bool:
        """Tell whether the total is reached and no trial is left off."""
        ended = sum(attempt.has_ended for attempt in attempts)
        left_off = any(attempt.is_left_off and not waits(attempt.record) for attempt in attempts)
        return ended >= self._material.settings.trials and not left_off

    def _give_up(self, attempts: Sequence[Attempt]) -> Outcome | None:
        """End the trials that still wait for promotion, when no other will be begun."""
        waiting = [attempt for attempt in attempts if waits(attempt.record)]
        for attempt in waiting:
            self._ledger.prune(attempt, unpromoted(attempt.record))
        if waiting:
            return None
        self._ledger.exhaust(attempts)
        return Outcome.EXHAUSTED

    def _train(self, task: Task, attempts: Sequence[Attempt]) -> None:
        session = replace(self._session, check=self._check)
        run = TrialRun(self._material, self._ledger, session, self._heartbeat, self._stopping, task)
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

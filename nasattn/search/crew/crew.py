"""Several worker processes on one study, and the one that looks after them."""

import signal
from collections.abc import Collection, Sequence
from contextlib import suppress
from threading import Thread
from time import monotonic, sleep

from nasattn.errors import FailedError, LostError, StoppedError, UserError
from nasattn.records import load_study, load_trials
from nasattn.search.crew.following import Follower
from nasattn.search.crew.link import Link, Start
from nasattn.search.crew.orders import Orders
from nasattn.search.ledger.heartbeat import Heartbeat
from nasattn.search.study.observer import Observer
from nasattn.search.study.settings import kept_in
from nasattn.search.working.running import OpenStudy, Outcome, choose_again

_LOOK_SECONDS = 1.0
_USER_ERROR, _STOPPED = UserError.exit_code, StoppedError.exit_code


class Crew:
    """Trains a study in worker processes; see `Orders` for how they are told.

    Args:
        start: Starts them, here or elsewhere.
        storage: The storage's URL as the user gave it.
        tensorboard: Whether the workers write event files.
    """

    def __init__(self, start: Start, storage: str | None, *, tensorboard: bool) -> None:
        self._start, self._storage, self._tensorboard = start, storage, tensorboard

    def work(self, study: OpenStudy) -> Outcome:
        """Train until the study's total is reached or its space is exhausted.

        Raises:
            StoppedError: the user asked to stop; the trials in progress are paused.
            FailedError: every worker has failed.
            UserError: the study measures latencies, or every worker met a user's mistake.
        """
        members = self._work(study)
        ended = sum(attempt.has_ended for attempt in study.ledger.attempts())
        if ended >= study.material.settings.trials:
            return Outcome.DONE
        _check_ended_well(study, members)
        return Outcome.EXHAUSTED

    def work_again(self, study: OpenStudy, numbers: Sequence[int], epochs: int | None) -> Outcome:
        """Train chosen trials further, and nothing else.

        Args:
            study: The study.
            numbers: The trials.
            epochs: To how many in all, where these are more than the recipe's.

        Raises:
            StoppedError: as for ``work``.
            FailedError: as for ``work``.
            UserError: from `choose_again`, or as for ``work``.
        """
        members = self._work(study, numbers, epochs)
        if not any(member.code == 0 for member in members):
            _check_ended_well(study, members)
        return Outcome.DONE

    def _work(
        self, study: OpenStudy, numbers: Sequence[int] = (), epochs: int | None = None
    ) -> "list[_Member]":
        """Set all to work; return them when they have ended."""
        _check_latency(study)
        with Heartbeat(study.ledger.roster, study.ledger.worker) as heartbeat:

            def living(tokens: Collection[str]) -> Collection[str]:
                session = study.session
                return heartbeat.proven(tokens, session.check, session.observer.note)

            again = choose_again(study, numbers, epochs, living) if numbers else {}
            definition, url = self._kept_in(study)
            orders = Orders(
                study=study.folder.name,
                definition=definition,
                runs_dir=str(study.session.runs_dir.absolute()),
                storage=url,
                heard=heartbeat.heard,
                tensorboard=self._tensorboard,
                chosen=tuple(again.items()),
                epochs=epochs,
            )
            members = [
                _Member(number, link, study.session.observer)
                for number, link in enumerate(self._start(study, orders), 1)
            ]
            try:
                self._follow(study, members)
            finally:
                _dismiss(members)
        return members

    def _kept_in(self, study: OpenStudy) -> tuple[str | None, str | None]:
        """Return the definition and the storage's URL, where that is not the run folder's own.

        A worker may have neither the run folder nor this process's environment.
        """
        settings = study.material.settings
        if not settings.storage:
            return None, None
        url, _ = kept_in(settings, study.folder, self._storage)
        return settings.model_dump_json(exclude_none=True), url

    def _follow(self, study: OpenStudy, members: Sequence["_Member"]) -> None:
        """Show what the workers do until all have ended."""
        settings, session = study.material.settings, study.session
        records = load_study(session.runs_dir, study.folder.name, storage=self._storage)
        begun = load_trials(records, curves=False)
        ended = tuple(a.record for a in study.ledger.attempts() if a.has_ended)
        session.observer.study_opened(settings.name, settings.objectives, ended, settings.trials)
        follower = Follower(session.observer, settings.recipe.epochs, begun)

        def look() -> None:
            with suppress(LostError):  # whoever trains waits for it, and tells
                follower.look(load_trials(records, curves=False))

        looked = monotonic()
        try:
            while any(member.is_at_work() for member in members):
                session.check()
                sleep(0.05)
                if monotonic() - looked > _LOOK_SECONDS:
                    look()
                    looked = monotonic()
            if any(member.code for member in members):
                session.check()  # a signal to all may have ended them before it was looked for
        except StoppedError:
            _dismiss(members)
            look()
            raise
        look()


def _dismiss(members: Sequence["_Member"]) -> None:
    """Let all leave; what they train is paused."""
    for member in members:
        member.dismiss()
    for member in members:
        member.wait()


class _Member:
    """One worker, as the keeper has it."""

    def __init__(self, number: int, link: Link, observer: Observer) -> None:
        self._number, self._link, self._observer = number, link, observer
        self.last_line = ""
        self._reader = Thread(target=self._relay, name=f"worker {number}", daemon=True)
        self._reader.start()
        self._is_noted = False

    def _relay(self) -> None:
        """Pass on what the worker says."""
        for line in self._link.lines():
            self.last_line = line
            self._observer.note(f"worker {self._number}: {line}")

    @property
    def code(self) -> int | None:
        """Return the exit code, negative where a signal ended it; None while it works."""
        return self._link.code

    def is_at_work(self) -> bool:
        """Tell whether it works; say so once where something has ended it."""
        code = self.code
        if code is not None and code < 0 and not self._is_noted:
            self._is_noted = True
            self._observer.note(
                f"worker {self._number} was ended by {signal.Signals(-code).name}; "
                "another goes on with its trial"
            )
        return code is None

    def dismiss(self) -> None:
        """Ask it to pause its trial and to leave."""
        self._link.dismiss()

    def wait(self) -> None:
        """Wait until it has left and all that it said is passed on."""
        self._link.wait()
        self._reader.join()


def _check_latency(study: OpenStudy) -> None:
    settings = study.material.settings
    if "latency_ms" in settings.objectives:
        raise UserError(
            f'study "{settings.name}" measures latencies, which other workers disturb: '
            "leave out --workers and --engine"
        )


def _check_ended_well(study: OpenStudy, members: Sequence[_Member]) -> None:
    """Raise what has ended the workers, unless they found nothing more to do."""
    codes = [member.code for member in members]
    if _STOPPED in codes:
        raise StoppedError("stopped")
    failed = [member for member in members if member.code]
    if not failed:
        return
    lines = [member.last_line for member in failed if member.last_line]
    kind = UserError if set(codes) == {_USER_ERROR} else FailedError
    why = lines[-1] if lines else "killed"
    raise kind(f"no worker is left ({why}); to go on: nasattn resume {study.folder.name}")

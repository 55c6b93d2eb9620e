"""A worker's thread that shows that it lives and hears what is asked of it."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from threading import Event, RLock, Thread
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from nasattn.errors import LostError, StoppedError, WriteError
from nasattn.search.ledger.pruned import PrunedError
from nasattn.search.ledger.roster import News, Roster, Stop
from nasattn.search.ledger.superseded import SupersededError
from nasattn.search.ledger.watch import Watch
from nasattn.search.ledger.worker import Worker
from nasattn.search.patience import impatient

PERIOD_SECONDS = 1.0
# Requests are heard more often than signs are given: reading one is cheap, and a person waits.
_LOOKS = 4
# Whoever is alive has beaten long before.
_LOOKS_TO_NOTE = 12
# After so long without a heartbeat (the process was suspended, the storage was locked or out of
# reach) nothing is trained before the storage was asked whether the trial is still this worker's.
_STALE_SECONDS = 10.0


class Heartbeat:
    """Keeps a worker signed in and passes on requests; to be used in a ``with`` statement.

    The thread only takes notes; `check`, which the training calls at every step, acts on them.

    Args:
        roster: The study's.
        worker: This process.
        heard: Token of the last request to stop that is not meant for this worker; None is the
            last that was made until now.

    Attributes:
        heard: The same, but never None.
    """

    def __init__(self, roster: Roster, worker: Worker, heard: str | None = None) -> None:
        self._roster, self._worker = roster, worker
        # Before the first sign: whoever asks to stop and sees the sign may rely on being heard.
        self.heard = roster.read().stop_token if heard is None else heard
        self._watch = Watch()
        self._lock, self._leave = RLock(), Event()
        self._count, self._last = 0, monotonic()
        self._row: int | None = None
        self._news: tuple[int, News] | None = None
        self._stop: Stop | None = None
        self._failures: list[WriteError] = []
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self.beat()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Sign out; where that fails, others find that the process is gone."""
        self._leave.set()
        self._thread.join()
        with suppress(WriteError), impatient():
            self._roster.sign_out(self._worker.token)

    def _run(self) -> None:
        for turn in count(1):
            if self._leave.wait(PERIOD_SECONDS / _LOOKS):
                return
            if turn % _LOOKS:
                with suppress(WriteError), impatient(), self._lock:
                    self._hear()
                continue
            try:
                with impatient():
                    self.beat()
            except LostError:
                pass  # the training goes on for a while; then it is `check` that waits
            except WriteError as error:
                self._failures.append(error)
            else:
                self._failures.clear()

    def beat(self) -> None:
        """Show that this worker lives, and look what there is to know.

        Raises:
            WriteError: the storage does not answer.
        """
        with self._lock:
            self._count += 1
            self._roster.sign(self._worker, self._count)
            self._look()
            self._last = monotonic()

    def _look(self) -> None:
        board = self._roster.read()
        self._watch.look(board.signs)
        if board.stop_token != self.heard:
            self._stop = board.stop
        self._hear()

    def _hear(self) -> None:
        """Look what is asked of the attempt that runs."""
        row = self._row
        if row is not None:
            self._news = (row, self._roster.news(row))

    def alive(self) -> frozenset[str]:
        """Return the tokens of the workers that are alive, as the storage has them now.

        Raises:
            WriteError: the storage does not answer.
        """
        with self._lock:
            self._look()
            return self._watch.alive()

    def proven(
        self, tokens: Collection[str], check: Callable[[], None], note: Callable[[str], None]
    ) -> frozenset[str]:
        """Return which of some workers are alive beyond doubt.

        Each is watched until its heart has beaten, or has stood still for so long that it is taken
        for dead: a sign alone may have been left by a machine that lost its power. The dead are
        signed out; one that was only suspended signs in again.

        Args:
            tokens: Theirs.
            check: Called while waiting; may raise.
            note: Hears in words that it takes a while.

        Raises:
            WriteError: the storage does not answer.
        """
        asked, looks = self.alive() & frozenset(tokens), 0
        while self._unproven() & asked:
            check()
            sleep(PERIOD_SECONDS / _LOOKS)
            looks += 1
            if looks == _LOOKS_TO_NOTE:
                note("watching whether the worker of before is alive, for half a minute")
        found = self.alive() & asked
        for token in asked - found:
            self._roster.sign_out(token)
        return found

    def _unproven(self) -> frozenset[str]:
        with self._lock:
            self._look()
            return self._watch.unproven()

    @contextmanager
    def running(self, row: int) -> Iterator[None]:
        """Listen to what is asked of one attempt; ``row`` is Optuna's number of its trial."""
        self._row = row
        try:
            yield
        finally:
            self._row = None

    def check(self) -> None:
        """Do what is asked; called within a trial.

        Raises:
            StoppedError: every worker is to leave.
            PrunedError: the trial is to end as pruned.
            SupersededError: the trial is no longer this worker's.
            WriteError: the storage has not answered twice.
        """
        if monotonic() - self._last > _STALE_SECONDS:
            self.beat()
        # Once may be a moment's trouble; what the training itself has to write will tell too.
        if len(self._failures) > 1:
            raise self._failures[-1]
        if self._news and self._news[0] == self._row:
            _act_on(self._news[1])
        if self._stop and not self._stop.after_trial:
            raise StoppedError("stopped by `nasattn stop`")

    def check_between(self) -> None:
        """Do what is asked; called between two trials.

        Raises:
            StoppedError: every worker is to leave, at once or after its trial.
            WriteError: the storage does not answer.
        """
        self.beat()
        if self._stop:
            raise StoppedError("stopped by `nasattn stop`")


def _act_on(news: News) -> None:
    if news.is_superseded:
        raise SupersededError
    if news.prune is not None:
        raise PrunedError(news.prune)

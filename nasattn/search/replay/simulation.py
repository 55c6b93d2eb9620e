"""One search on a table, in simulated time."""

import heapq
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import optuna

from nasattn.records import Trial
from nasattn.records.replay import Ended, Replay
from nasattn.search.ledger.pruned import PrunedError, WaitsError
from nasattn.search.proposing.proposing import make_proposer
from nasattn.search.pruning.standings import waits
from nasattn.search.pruning.stopping import unpromoted
from nasattn.search.replay.notebook import Notebook
from nasattn.search.replay.tabled import Engine, Tabled
from nasattn.search.replay.timing import TimedProposer, TimedStopping
from nasattn.search.working.agenda import Agenda, Task


@dataclass(slots=True)
class _Running:
    """A trial that a worker is at.

    Attributes:
        base: Its record before the first epoch.
        whole: The recorded training.
        epochs: That are behind it.
    """

    base: Trial
    whole: Trial
    epochs: int

    @property
    def record(self) -> Trial:
        """Return its record by now."""
        return self.base.with_curve(self.whole.curve[: self.epochs])


class Simulation:
    """Workers that take trials from the agenda of a real search and look their epochs up.

    An epoch takes the seconds that were recorded; proposals and verdicts take none. The worker
    that is first to end an epoch goes on first, of equals the one with the lower number.

    Args:
        study: What is searched.
        engine: How.
        check: Called between trials; what it raises ends the replay.
    """

    def __init__(self, study: Tabled, engine: Engine, check: Callable[[], None]) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._study, self._engine, self._check = study, engine, check
        self._book = Notebook(study.settings)
        self._proposer = TimedProposer(make_proposer(study, self._book, check))
        self._stopping = TimedStopping(study.settings, self._book)
        self._agenda = Agenda(
            study if engine.trials else _endless(study),
            self._book,
            self._proposer,
            self._stopping,
            lambda _: None,
        )
        self._workers: dict[int, _Running] = {}
        self._due: list[tuple[float, int]] = []
        self._begun, self._now = 0, 0.0
        self._ended: list[Ended] = []

    def run(self) -> Replay:
        """Simulate until the budget is spent, the total reached or the table exhausted."""
        self._hire()
        while self._due:
            self._now, worker = heapq.heappop(self._due)
            self._end_epoch(worker)
            self._hire()
        if self._begun < self._engine.budget:
            self._give_up()
        return Replay(
            self._study.settings.seed,
            tuple(attempt.record for attempt in self._book.attempts()),
            tuple(self._ended),
            self._begun,
            self._now,
            self._proposer.watch.seconds,
            self._stopping.watch.seconds,
        )

    def _hire(self) -> None:
        """Give every free worker a trial, as long as there is one and an epoch to be begun."""
        for worker in range(self._engine.workers):
            if worker in self._workers:
                continue
            self._check()
            task = self._next_task()
            if task is None:
                return
            self._workers[worker] = self._start(task, worker)
            self._begin_epoch(worker)

    def _next_task(self) -> Task | None:
        if self._begun >= self._engine.budget:
            return None
        alive = {str(worker) for worker in self._workers}
        return self._agenda.next_task(self._book.attempts(), alive)

    def _start(self, task: Task, worker: int) -> _Running:
        earlier = self._book.history(task.number) if task.attempt > 1 else []
        whole = self._study.training(task.proposal.architecture.digest)
        base = replace(
            whole,
            trial=task.number,
            attempt=task.attempt,
            state="running",
            repeat=task.repeat,
            by_hand=False,
            spared_at=task.spared_at,
            curve=(),
            epochs=0,
            accuracy=None,
        )
        running = _Running(base, whole, earlier[-1].epochs if earlier else 0)
        self._book.start(running.record, task.proposal, str(worker))
        return running

    def _begin_epoch(self, worker: int) -> None:
        """Let a worker begin its trial's next epoch; where none is left, it stays where it is."""
        if self._begun < self._engine.budget:
            self._begun += 1
            running = self._workers[worker]
            seconds = running.whole.curve[running.epochs]["seconds"]
            heapq.heappush(self._due, (self._now + seconds, worker))

    def _end_epoch(self, worker: int) -> None:
        running = self._workers[worker]
        running.epochs += 1
        record = running.record
        self._book.update(record)
        if running.epochs == len(running.whole.curve):
            self._ended.append(Ended(self._begun, record.digest, record.accuracy or 0.0))
            self._leave(worker, replace(record, state="complete"))
            return
        try:
            if self._stopping.judge(record) and record.spared_at is None:
                running.base = replace(running.base, spared_at=record.epochs)
                self._book.update(running.record)
        except PrunedError as pruned:
            self._leave(worker, replace(record, state="pruned", reason=str(pruned)))
        except WaitsError as pause:
            waiting = replace(record, state="paused", reason=str(pause), waits_at=record.epochs)
            self._leave(worker, waiting)
        else:
            self._begin_epoch(worker)

    def _leave(self, worker: int, record: Trial) -> None:
        self._book.end(record)
        del self._workers[worker]

    def _give_up(self) -> None:
        """End the trials that still wait for promotion, as `Runner` does."""
        for record in (attempt.record for attempt in self._book.attempts()):
            if waits(record):
                self._book.end(replace(record, state="pruned", reason=unpromoted(record)))


def _endless(study: Tabled) -> Tabled:
    """Return a study that no total ends."""
    settings = study.settings.model_copy(update={"trials": sys.maxsize})
    return replace(study, settings=settings)

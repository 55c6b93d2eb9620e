"""Telling an observer what other processes do, from what the storage has."""

from collections.abc import Iterable
from dataclasses import replace

from nasattn.records import Trial
from nasattn.search.study.observer import Observer


class Follower:
    """Tells of every change since the last look.

    Args:
        observer: Who is told.
        epochs: Of each trial.
        trials: The trials as they are now: nothing is told of them.
    """

    def __init__(self, observer: Observer, epochs: int, trials: Iterable[Trial]) -> None:
        self._observer, self._epochs = observer, epochs
        # What was cut off before is told when it goes on.
        self._seen = {trial.trial: trial for trial in trials}

    def look(self, trials: Iterable[Trial]) -> None:
        """Tell what has changed."""
        for trial in trials:
            before = self._seen.get(trial.trial)
            if before != trial:
                self._tell(before, trial)
                self._seen[trial.trial] = trial

    def _tell(self, before: Trial | None, trial: Trial) -> None:
        is_new = before is None or before.attempt < trial.attempt
        if is_new and trial.state in {"running", "complete"}:
            # A first attempt that has epochs already did not go on after them.
            begun = trial if trial.attempt > 1 else replace(trial, epochs=0)
            self._observer.trial_started(begun, self._epochs)
        if trial.state != "running":
            self._observer.trial_ended(trial)
        elif trial.epochs:
            epoch = {"epoch": trial.epochs, "accuracy": trial.accuracy}
            self._observer.epoch_finished(trial, epoch)

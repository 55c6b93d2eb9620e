"""One worker of a crew, in a process of its own."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasattn.records import Trial
from nasattn.search.crew.interrupt import stop_on_signals
from nasattn.search.crew.orders import LastOrder, Orders
from nasattn.search.joining import Places, settle
from nasattn.search.opening import resume
from nasattn.search.patience import patient
from nasattn.search.study.session import Session
from nasattn.search.study.settings import Settings
from nasattn.search.trial.event_files import EventFiles
from nasattn.search.working.running import OpenStudy, Outcome, Runner
from nasattn.training import resolve_device


def serve() -> None:
    """Work on a study as the orders on standard input say, until it is done.

    Raises:
        StoppedError: asked to stop; the trial in progress is paused.
        UserError: as for `resume`.
        FailedError: the storage, the disk or the bare backbone failed.
    """
    orders, last_order = Orders.receive(), LastOrder()
    with stop_on_signals(lambda: None) as check_signals:

        def check() -> None:
            check_signals()
            last_order.check()

        def work(study: OpenStudy) -> Outcome:
            runner = Runner(study, orders.heard)
            if orders.chosen:
                return runner.share_again(dict(orders.chosen), orders.epochs)
            return runner.run()

        runs_dir, notes = Path(orders.runs_dir), Notes()
        told = EventFiles(notes, runs_dir / orders.study) if orders.tensorboard else notes
        session = Session(runs_dir, resolve_device(orders.device), told, check)
        # The crew's keeper has opened the storage a moment ago: it is there.
        with patient(check, notes.note):
            if orders.definition:
                settle(Settings.model_validate_json(orders.definition), runs_dir, Places())
            resume(orders.study, None, orders.storage, session, work)


class Notes:
    """Tells of what no record has, one line a note; the rest is read from the storage."""

    def study_opened(
        self, name: str, objectives: tuple[str, ...], ended: tuple[Trial, ...], total: int
    ) -> None:
        """Say nothing."""

    def trial_started(self, trial: Trial, epochs: int) -> None:
        """Say nothing."""

    def epoch_finished(self, trial: Trial, epoch: Mapping[str, Any]) -> None:
        """Say nothing."""

    def trial_ended(self, trial: Trial) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Write a line to standard error, which the crew's keeper reads."""
        try:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
        except OSError:
            pass  # nobody is left to read it

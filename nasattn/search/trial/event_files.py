"""Learning curves as TensorBoard's event files."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasattn.errors import WriteError
from nasattn.extras import import_extra
from nasattn.records import Trial
from nasattn.search.study.observer import Observer

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class EventFiles:
    """Tells another observer of every step and writes each epoch into the trial's folder.

    The tags are the keys of the learning curve (``accuracy``, ``loss``, ``lr``, …), the steps its
    epochs. Where an epoch is trained again, TensorBoard drops the earlier one.

    Args:
        observer: The other observer.
        folder: The study's run folder.

    Raises:
        UserError: the package tensorboard is not installed.
    """

    def __init__(self, observer: Observer, folder: Path) -> None:
        library = import_extra("torch.utils.tensorboard", "tensorboard", "--tensorboard")
        self._observer, self._folder, self._open = observer, folder, library.SummaryWriter
        self._writer: SummaryWriter | None = None  # while a trial is being trained

    def study_opened(
        self, name: str, objectives: tuple[str, ...], ended: tuple[Trial, ...], total: int
    ) -> None:
        """Tell the other observer."""
        self._observer.study_opened(name, objectives, ended, total)

    def trial_started(self, trial: Trial, epochs: int) -> None:
        """Tell the other observer."""
        self._observer.trial_started(trial, epochs)

    def epoch_finished(self, trial: Trial, epoch: Mapping[str, Any]) -> None:
        """Write the epoch's numbers.

        Raises:
            WriteError: the file cannot be written.
        """
        folder = self._folder / "trials" / str(trial.trial)
        try:
            self._write(folder, epoch)
        except OSError as error:
            raise WriteError(f"cannot write event files in {folder}: {error.strerror}") from error
        self._observer.epoch_finished(trial, epoch)

    def _write(self, folder: Path, epoch: Mapping[str, Any]) -> None:
        step = epoch["epoch"]
        if self._writer is None:
            self._writer = self._open(str(folder), purge_step=step)
        for key, value in epoch.items():
            if key != "epoch" and value is not None:
                self._writer.add_scalar(key, value, step)
        self._writer.flush()

    def trial_ended(self, trial: Trial) -> None:
        """Close the trial's file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._observer.trial_ended(trial)

    def note(self, text: str) -> None:
        """Tell the other observer."""
        self._observer.note(text)

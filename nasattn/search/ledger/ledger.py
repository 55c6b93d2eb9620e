"""The trials of a study being searched: what was started, how far it came, how it ended."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from nasattn.errors import UserError
from nasattn.files import write_atomic
from nasattn.records import (
    CURVE_KEY,
    EXHAUSTED_KEY,
    HISTORY_FILE,
    MARK_KEY,
    RECORD_KEY,
    TRIAL_FILE,
    WORKER_KEY,
    Mark,
    Trial,
    history_text,
    marked,
    marks_of,
    trial_folders,
    trial_text,
    without_curve,
)
from nasattn.search.artifacts import ArtifactShelf, Reference, Store, artifact_names
from nasattn.search.dates import now
from nasattn.search.ledger.attempt import ENDED, Attempt, Proposal
from nasattn.search.ledger.entering import enter_study
from nasattn.search.ledger.reading import Rows
from nasattn.search.ledger.roster import Roster, claim_of
from nasattn.search.ledger.sampler_part import sampler_part
from nasattn.search.ledger.superseded import SupersededError
from nasattn.search.ledger.worker import this_worker
from nasattn.search.patience import persist
from nasattn.search.storage import CLAIM_KEY, ClaimedError, storage_errors
from nasattn.search.study.settings import Settings
from nasattn.training import FolderShelf, Shelf, remove_checkpoints

# Of a row: which checkpoints in the artifact store are its newest two.
_CHECKPOINTS_KEY = "nasattn:checkpoints"
# A pruned trial may be gone on with: it keeps its checkpoints.
_DONE = ENDED - {"pruned"}
OPTUNA_STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED}


class TakenError(Exception):
    """Another worker was quicker: it has begun the same attempt, or ended the one before."""


class Ledger:
    """Writes every step of every trial to the storage and to the run folder.

    Optuna's trials cannot be changed once they have ended, so each attempt is one of them, a
    row; the record with the largest attempt of a number is the trial. Of one attempt there is one
    row: a second claim to the same is turned away. (Versions before let it in, and the first row
    held.) Who has entered a trial has seen all numbers before it: no number, and no architecture,
    is given twice. A closed row takes no more writes but one that was under way: closing that of a
    worker that is taken for dead shuts it out.

    Args:
        storage: The storage.
        settings: The frozen study; it is entered into the storage where it is not there.
        folder: The run folder.
        shown: The storage's URL as messages may show it.
        begun: Whether the study has trials already.

    Attributes:
        worker: This process, as the rows name it.
        roster: The study's workers.

    Raises:
        UserError: a begun study is not in the storage, or another study of its name is.
        WriteError: the storage cannot be read or written.
    """

    def __init__(
        self, storage: RDBStorage, settings: Settings, folder: Path, shown: str, *, begun: bool
    ) -> None:
        self._storage, self._settings, self._folder = storage, settings, folder
        self._shown = shown
        self._store = Store(settings.artifacts) if settings.artifacts else None
        # What has ended does not change, and is read once: pruners ask after every epoch.
        self._ended = dict[int, Attempt]()
        self._study_id = enter_study(storage, settings, folder, shown, begun=begun)
        self._rows = Rows(storage, self._study_id)
        self.worker = this_worker()
        self.roster = Roster(storage, self._study_id, shown)
        self._check_folders()

    def _check_folders(self) -> None:
        """Refuse to overwrite the folder of a trial that the storage has lost."""
        # The folders first: another worker enters its row before it makes the folder.
        folders = list(trial_folders(self._folder))
        known = {str(attempt.record.trial) for attempt in self.attempts()}
        lost = [path for path in folders if path.name not in known]
        if lost:
            raise UserError(
                f"{lost[0]} is a trial that {self._shown} does not know of study "
                f'"{self._settings.name}"; put the storage back, or give another --name '
                "(a study.db that is moved away is rebuilt from the run folder)"
            )

    def attempts(self) -> list[Attempt]:
        """Return the latest attempt of every trial, by number.

        Raises:
            UserError: a record in the storage is broken.
            WriteError: the storage cannot be read.
        """
        marks = self._marks()
        latest = _latest(self._all_attempts())
        for place, attempt in enumerate(latest):
            if mark := marks.get(attempt.record.trial):
                latest[place] = replace(attempt, record=marked(attempt.record, mark))
        return latest

    def _marks(self) -> dict[int, Mark]:
        try:
            with storage_errors(self._shown):
                return marks_of(self._storage.get_study_user_attrs(self._study_id))
        except ValueError as error:
            raise UserError(f"storage {self._shown}: {error}") from None

    def mark(self, attempt: Attempt, mark: Mark | None) -> None:
        """Set a trial's result aside, or put it back where ``mark`` is None."""
        record = self._attempt(attempt.frozen).record
        # The file first: after a kill in between the command can be typed again.
        if (self.trial_folder(record) / TRIAL_FILE).is_file():
            self._write_record(record, attempt.frozen, mark)
        key, value = f"{MARK_KEY}{record.trial}", mark.to_dict() if mark else None
        with storage_errors(self._shown):
            self._storage.set_study_user_attr(self._study_id, key, value)

    def exhaust(self, attempts: Iterable[Attempt]) -> None:
        """Enter that no other trial can follow these; those who watch know that it is over."""
        count = sum(not attempt.is_set_aside for attempt in attempts)
        with storage_errors(self._shown):
            self._storage.set_study_user_attr(self._study_id, EXHAUSTED_KEY, count)

    def _all_attempts(self) -> list[Attempt]:
        """Return every row with a record, in the order in which they were entered."""
        rows = self._all_trials()
        return [self._attempt(row) for row in rows if RECORD_KEY in row.user_attrs]

    def recorded(self, trial: int, counts: Callable[[Trial], bool]) -> dict[int, Mapping[str, Any]]:
        """Return the epochs of a trial by number, each as the last attempt that counts has it."""
        records = filter(counts, self.history(trial))
        return {epoch["epoch"]: epoch for record in records for epoch in record.curve}

    def history(self, trial: int) -> list[Trial]:
        """Return the records of all attempts at a trial, the first one first."""
        return [attempt.record for attempt in self._attempts_at(trial)]

    def _attempts_at(self, trial: int) -> list[Attempt]:
        found = [attempt for attempt in self._all_attempts() if attempt.record.trial == trial]
        return sorted(found, key=lambda attempt: attempt.record.attempt)

    def _all_trials(self) -> list[FrozenTrial]:
        try:
            with storage_errors(self._shown):
                return persist(self._rows.read)
        except (ValueError, TypeError, KeyError) as error:
            raise UserError(f"storage {self._shown}: a trial in it is broken: {error}") from None

    def _attempt(self, frozen: FrozenTrial) -> Attempt:
        known = self._ended.get(frozen._trial_id)
        if known is None:
            known = Attempt(self._read_record(frozen), frozen)
            if frozen.state.is_finished():
                self._ended[frozen._trial_id] = known
        return known

    def _read_record(self, frozen: FrozenTrial) -> Trial:
        try:
            curve = frozen.user_attrs.get(CURVE_KEY, [])
            return Trial.from_dict({**frozen.user_attrs[RECORD_KEY], "curve": curve})
        except (ValueError, TypeError) as error:
            raise UserError(
                f"storage {self._shown}: the record of Optuna's trial {frozen.number} is broken: "
                f"{error}"
            ) from None

    def start(self, record: Trial, proposal: Proposal) -> Attempt:
        """Enter a new attempt, running.

        Raises:
            TakenError: another worker has begun it; nothing is written.
        """
        attempt = self._claim(record, proposal.params, proposal.distributions, proposal.notes)
        # The row first: a kill in between must not leave a folder that no row knows.
        path = self.trial_folder(record) / "architecture.json"
        write_atomic(path, proposal.architecture.text + "\n")
        self._write_files(attempt)
        return attempt

    def prune(self, attempt: Attempt, reason: str) -> Attempt:
        """Enter a trial that nobody runs as pruned.

        Raises:
            TakenError: someone runs it now, or it has ended.
        """
        if not self.close(attempt):
            raise TakenError
        record = attempt.record
        pruned = replace(
            record.with_curve(record.curve),
            attempt=record.attempt + 1,
            state="pruned",
            reason=reason,
            waits_at=None,
            finished=now(),
        )
        frozen = attempt.frozen
        claimed = self._claim(pruned, frozen.params, frozen.distributions, frozen.system_attrs)
        self.settle(claimed)
        return claimed

    def _claim(
        self,
        record: Trial,
        params: Mapping[str, Any],
        distributions: Mapping[str, BaseDistribution],
        notes: Mapping[str, Any],
    ) -> Attempt:
        frozen = create_trial(
            state=TrialState.RUNNING,
            params=dict(params),
            distributions=dict(distributions),
            user_attrs={
                RECORD_KEY: without_curve(record),
                CURVE_KEY: list(record.curve),
                WORKER_KEY: self.worker.token,
                CLAIM_KEY: claim_of(record.trial, record.attempt),
            },
            system_attrs=dict(notes),
        )
        with storage_errors(self._shown), suppress(ClaimedError):
            self._storage.create_new_trial(self._study_id, template_trial=frozen)
        # Mine also where it was entered, only the answer was lost, and it was entered again.
        row, token = next(iter(self.roster.claims(record.trial, record.attempt).items()))
        if token != self.worker.token:
            raise TakenError
        with storage_errors(self._shown):
            return Attempt(record, self._storage.get_trial(row))

    def add_epoch(self, attempt: Attempt, curve: Sequence[Mapping[str, Any]]) -> None:
        """Enter the learning curve up to now: one transaction an epoch.

        Raises:
            SupersededError: the attempt was closed; nothing is written.
        """
        self._set(attempt, CURVE_KEY, list(curve))
        self._write_history(attempt.record, curve)

    def end(self, attempt: Attempt, record: Trial) -> Attempt:
        """Enter how an attempt ended; the record first, so that a kill in between loses nothing.

        Raises:
            SupersededError: the attempt was closed; nothing is written.
        """
        ended = self.update(attempt, replace(record, finished=now()))
        self._settle(ended)
        return ended

    def update(self, attempt: Attempt, record: Trial) -> Attempt:
        """Enter what is known by now of an attempt.

        Raises:
            SupersededError: the attempt was closed; nothing is written.
        """
        self._set(attempt, RECORD_KEY, without_curve(record))
        self._write_record(record, attempt.frozen)
        return Attempt(record, attempt.frozen)

    def _set(self, attempt: Attempt, key: str, value: Any) -> None:
        with storage_errors(self._shown):
            try:
                self._storage.set_trial_user_attr(attempt.row, key, value)
            except UpdateFinishedTrialError:
                raise SupersededError from None

    def settle(self, attempt: Attempt) -> None:
        """Bring the files and Optuna's state of an attempt that has ended into line with it."""
        if attempt.frozen.state.is_finished():
            return
        self._write_files(attempt)
        self._settle(attempt)

    def _settle(self, attempt: Attempt) -> None:
        if attempt.record.state in _DONE and not self._settings.execution.keep_checkpoints:
            self.begin_anew(attempt.record)
        self.close(attempt)

    def close(self, attempt: Attempt) -> bool:
        """Let an attempt take no more writes; False where someone else has closed it meanwhile."""
        if attempt.frozen.state.is_finished():
            return True
        state = OPTUNA_STATES.get(attempt.record.state, TrialState.FAIL)
        values = self.values(attempt.record) if state == TrialState.COMPLETE else None
        with storage_errors(self._shown):
            try:
                self._storage.set_trial_state_values(attempt.row, state, values)
            except UpdateFinishedTrialError:
                return False
        return True

    def tidy(self) -> None:
        """Bring to its end what a worker has left between two writes.

        Rows that hold no trial are closed: a claim that came second, an attempt that another
        has followed.
        """
        everything = self._all_attempts()
        latest = _latest(everything)
        for attempt in latest:
            if attempt.record.state in ENDED:
                self.settle(attempt)
        held = {attempt.row for attempt in latest}
        for attempt in everything:
            if attempt.row not in held:
                self.close(attempt)

    def values(self, record: Trial) -> list[float]:
        """Return the objectives of a complete trial."""
        return objective_values(record, self._settings)

    def trial_folder(self, record: Trial) -> Path:
        """Return the folder of a trial's files."""
        return self._folder / "trials" / str(record.trial)

    def begin_anew(self, record: Trial) -> None:
        """Forget from where a trial could be gone on with: its checkpoints are removed."""
        remove_checkpoints(self.trial_folder(record))
        if self._store is not None:
            for attempt in self._attempts_at(record.trial):
                for name in artifact_names(self._shelf_name(attempt)):
                    self._store.remove(name)

    def shelf(self, attempt: Attempt, note: Callable[[str], None]) -> Shelf:
        """Return where the checkpoints of an attempt are kept, with those of the ones before.

        Args:
            attempt: One that runs.
            note: Hears in words of a checkpoint that could not be kept.
        """
        if self._store is None:
            return FolderShelf(self.trial_folder(attempt.record))

        def refer(references: Sequence[Reference]) -> None:
            self._set(attempt, _CHECKPOINTS_KEY, [found.to_dict() for found in references])

        before = [
            found.frozen.user_attrs[_CHECKPOINTS_KEY]
            for found in self._attempts_at(attempt.record.trial)
            if _CHECKPOINTS_KEY in found.frozen.user_attrs
        ]
        known = [Reference(**values) for values in before[-1]] if before else []
        return ArtifactShelf(self._store, self._shelf_name(attempt), known, refer, note)

    def _shelf_name(self, attempt: Attempt) -> str:
        record, worker = attempt.record, attempt.frozen.user_attrs.get(WORKER_KEY, "")
        return f"{self._settings.name}-{record.trial}-{record.attempt}-{worker}"

    def _write_files(self, attempt: Attempt) -> None:
        self._write_history(attempt.record, attempt.record.curve)
        self._write_record(attempt.record, attempt.frozen)

    def _write_history(self, record: Trial, curve: Sequence[Mapping[str, Any]]) -> None:
        write_atomic(self.trial_folder(record) / HISTORY_FILE, history_text(curve))

    def _write_record(self, record: Trial, frozen: FrozenTrial, mark: Mark | None = None) -> None:
        text = trial_text(record, sampler_part(frozen), mark)
        write_atomic(self.trial_folder(record) / TRIAL_FILE, text)


def objective_values(record: Trial, settings: Settings) -> list[float]:
    """Return the objectives of a complete trial."""
    return [float(getattr(record, name)) for name in settings.objectives]


def _latest(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Return the attempt that holds of every trial, by number; see `Ledger`."""
    latest: dict[int, Attempt] = {}
    for attempt in attempts:
        known = latest.get(attempt.record.trial)
        if known is None or attempt.record.attempt > known.record.attempt:
            latest[attempt.record.trial] = attempt
    return [latest[number] for number in sorted(latest)]

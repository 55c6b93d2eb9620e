"""The trials of a study being searched: what was started, how far it came, how it ended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from nasattn.errors import UserError
from nasattn.files import write_atomic
from nasattn.placement import Architecture
from nasattn.records import (
    CURVE_KEY,
    HISTORY_FILE,
    MARK_KEY,
    RECORD_KEY,
    TRIAL_FILE,
    Mark,
    Trial,
    history_text,
    marked,
    marks_of,
    trial_folders,
    trial_text,
    without_curve,
)
from nasattn.search.sampler_part import sampler_part
from nasattn.search.settings import Settings, check_same
from nasattn.search.storage import DIRECTIONS, storage_errors
from nasattn.training import remove_checkpoints

ENDED = frozenset({"complete", "pruned", "failed"})
# A pruned trial may be gone on with: it keeps its checkpoints.
_DONE = ENDED - {"pruned"}
OPTUNA_STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED}
SETTINGS_KEY = "nasattn:settings"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An architecture with the parameters that a sampler chose it by.

    Attributes:
        architecture: What to train; canonical.
        params: Value by parameter name.
        distributions: Distribution by parameter name.
        notes: What the sampler wants to find again (Optuna's system attributes).
        variant: The variant's name, where the study lists them.
    """

    architecture: Architecture
    params: Mapping[str, Any]
    distributions: Mapping[str, BaseDistribution]
    notes: Mapping[str, Any]
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One start of a trial: its record and Optuna's trial behind it."""

    record: Trial
    frozen: FrozenTrial

    @property
    def has_ended(self) -> bool:
        """Whether it counts: a bare backbone that failed is trained again, whatever else ended."""
        return self.record.state in ENDED and not (
            self.record.trial == 0 and self.record.state == "failed"
        )

    @property
    def is_set_aside(self) -> bool:
        """Whether a person took its result out: it is as if the trial had never been."""
        return self.record.state == "invalid"

    @property
    def is_left_off(self) -> bool:
        """Whether it is to be gone on with; another trial takes the place of one set aside.

        The baseline has no other: it is trained again under its own number.
        """
        return not self.has_ended and (self.record.trial == 0 or not self.is_set_aside)


class Ledger:
    """Writes every step of every trial to the storage and to the run folder.

    Optuna's trials cannot be changed once they have ended, so each attempt is one of them;
    the record with the largest attempt of a number is the trial.

    Args:
        storage: The storage.
        settings: The frozen study; it is entered into the storage where it is not there.
        folder: The run folder.
        shown: The storage's URL as messages may show it.
        begun: Whether the study has trials already.

    Raises:
        UserError: a begun study is not in the storage, or another study of its name is.
        WriteError: the storage cannot be read or written.
    """

    def __init__(
        self, storage: RDBStorage, settings: Settings, folder: Path, shown: str, *, begun: bool
    ) -> None:
        self._storage, self._settings, self._folder = storage, settings, folder
        self._shown = shown
        with storage_errors(shown):
            self._study_id = self._find_or_create(begun)
        self._check_folders()

    def _check_folders(self) -> None:
        """Refuse to overwrite the folder of a trial that the storage has lost."""
        folders = list(trial_folders(self._folder))  # first: another process may add both
        known = {str(attempt.record.trial) for attempt in self.attempts()}
        lost = [path for path in folders if path.name not in known]
        if lost:
            raise UserError(
                f"{lost[0]} is a trial that {self._shown} does not know of study "
                f'"{self._settings.name}"; put the storage back, or give another --name '
                "(a study.db that is moved away is rebuilt from the run folder)"
            )

    def _find_or_create(self, begun: bool) -> int:  # noqa: FBT001 - passed on from the constructor
        name = self._settings.name
        for known in self._storage.get_all_studies():
            if known.study_name == name:
                self._check_same(known._study_id, known.user_attrs.get(SETTINGS_KEY))
                return known._study_id
        if begun:
            raise UserError(
                f'study "{name}" is not in {self._shown}, but its trials are in '
                f"{self._folder / 'trials'}; put the storage back, or give another --name"
            )
        directions = [DIRECTIONS[name] for name in self._settings.objectives]
        study_id = self._storage.create_new_study(directions, name)
        self._write_settings(study_id)
        return study_id

    def _check_same(self, study_id: int, frozen: str | None) -> None:
        """Refuse a study of the same name that was made elsewhere under other settings."""
        if frozen is not None:
            check_same(Settings.model_validate_json(frozen), self._settings, self._shown)
        elif self._storage.get_n_trials(study_id):
            raise UserError(
                f'{self._shown} holds a study "{self._settings.name}" that nasattn did not make; '
                "give another --name"
            )
        else:
            self._write_settings(study_id)

    def _write_settings(self, study_id: int) -> None:
        # The definition travels with the storage, so that other machines can join.
        text = self._settings.model_dump_json(exclude_none=True)
        self._storage.set_study_user_attr(study_id, SETTINGS_KEY, text)

    def attempts(self) -> list[Attempt]:
        """Return the latest attempt of every trial, by number.

        Raises:
            UserError: a record in the storage is broken.
            WriteError: the storage cannot be read.
        """
        latest: dict[int, Attempt] = {}
        for frozen in self._all_trials():
            if RECORD_KEY not in frozen.user_attrs:
                continue
            record = self._record_of(frozen)
            known = latest.get(record.trial)
            if known is None or record.attempt > known.record.attempt:
                latest[record.trial] = Attempt(record, frozen)
        marks = self._marks()
        return [
            replace(attempt, record=marked(attempt.record, marks.get(number)))
            for number, attempt in sorted(latest.items())
        ]

    def _marks(self) -> dict[int, Mark]:
        try:
            with storage_errors(self._shown):
                return marks_of(self._storage.get_study_user_attrs(self._study_id))
        except ValueError as error:
            raise UserError(f"storage {self._shown}: {error}") from None

    def mark(self, attempt: Attempt, mark: Mark | None) -> None:
        """Set a trial's result aside, or put it back where ``mark`` is None."""
        record = self._record_of(attempt.frozen)
        # The file first: after a kill in between the command can be typed again.
        if (self.trial_folder(record) / TRIAL_FILE).is_file():
            self._write_record(record, attempt.frozen, mark)
        key, value = f"{MARK_KEY}{record.trial}", mark.to_dict() if mark else None
        with storage_errors(self._shown):
            self._storage.set_study_user_attr(self._study_id, key, value)

    def recorded(self, trial: int, counts: Callable[[Trial], bool]) -> dict[int, Mapping[str, Any]]:
        """Return the epochs of a trial by number, each as the last attempt that counts has it."""
        records = [
            self._record_of(frozen)
            for frozen in self._all_trials()
            if frozen.user_attrs.get(RECORD_KEY, {}).get("trial") == trial
        ]
        records = [record for record in records if counts(record)]
        records.sort(key=lambda record: record.attempt)
        return {epoch["epoch"]: epoch for record in records for epoch in record.curve}

    def _all_trials(self) -> list[FrozenTrial]:
        try:
            with storage_errors(self._shown):
                return self._storage.get_all_trials(self._study_id, deepcopy=False)
        except (ValueError, TypeError, KeyError) as error:
            raise UserError(f"storage {self._shown}: a trial in it is broken: {error}") from None

    def _record_of(self, frozen: FrozenTrial) -> Trial:
        try:
            curve = frozen.user_attrs.get(CURVE_KEY, [])
            return Trial.from_dict({**frozen.user_attrs[RECORD_KEY], "curve": curve})
        except (ValueError, TypeError) as error:
            raise UserError(
                f"storage {self._shown}: the record of Optuna's trial {frozen.number} is broken: "
                f"{error}"
            ) from None

    def start(self, record: Trial, proposal: Proposal) -> Attempt:
        """Enter a new attempt, running."""
        frozen = create_trial(
            state=TrialState.RUNNING,
            params=dict(proposal.params),
            distributions=dict(proposal.distributions),
            user_attrs={RECORD_KEY: without_curve(record), CURVE_KEY: []},
            system_attrs=dict(proposal.notes),
        )
        # The row first: a kill in between must not leave a folder that no row knows.
        with storage_errors(self._shown):
            trial_id = self._storage.create_new_trial(self._study_id, template_trial=frozen)
            attempt = Attempt(record, self._storage.get_trial(trial_id))
        self._write_record(record, frozen)
        folder = self.trial_folder(record)
        write_atomic(folder / "architecture.json", proposal.architecture.text + "\n")
        write_atomic(folder / HISTORY_FILE, "")
        return attempt

    def add_epoch(self, attempt: Attempt, curve: Sequence[Mapping[str, Any]]) -> None:
        """Enter the learning curve up to now: one transaction an epoch."""
        write_atomic(self.trial_folder(attempt.record) / HISTORY_FILE, history_text(curve))
        with storage_errors(self._shown):
            self._storage.set_trial_user_attr(attempt.frozen._trial_id, CURVE_KEY, list(curve))

    def end(self, attempt: Attempt, record: Trial) -> Attempt:
        """Enter how an attempt ended; the record first, so that a kill in between loses nothing."""
        ended = self.update(attempt, replace(record, finished=now()))
        self.settle(ended)
        return ended

    def update(self, attempt: Attempt, record: Trial) -> Attempt:
        """Enter what is known by now of an attempt."""
        self._write_record(record, attempt.frozen)
        trial_id = attempt.frozen._trial_id
        with storage_errors(self._shown):
            self._storage.set_trial_user_attr(trial_id, RECORD_KEY, without_curve(record))
        return Attempt(record, attempt.frozen)

    def settle(self, attempt: Attempt) -> None:
        """Bring Optuna's state of an attempt into line with its record."""
        if attempt.frozen.state.is_finished():
            return
        if attempt.record.state in _DONE and not self._settings.execution.keep_checkpoints:
            remove_checkpoints(self.trial_folder(attempt.record))
        state = OPTUNA_STATES.get(attempt.record.state, TrialState.FAIL)
        values = self.values(attempt.record) if state == TrialState.COMPLETE else None
        with storage_errors(self._shown):
            self._storage.set_trial_state_values(attempt.frozen._trial_id, state, values)

    def values(self, record: Trial) -> list[float]:
        """Return the objectives of a complete trial."""
        return objective_values(record, self._settings)

    def trial_folder(self, record: Trial) -> Path:
        """Return the folder of a trial's files."""
        return self._folder / "trials" / str(record.trial)

    def _write_record(self, record: Trial, frozen: FrozenTrial, mark: Mark | None = None) -> None:
        text = trial_text(record, sampler_part(frozen), mark)
        write_atomic(self.trial_folder(record) / TRIAL_FILE, text)


def objective_values(record: Trial, settings: Settings) -> list[float]:
    """Return the objectives of a complete trial."""
    return [float(getattr(record, name)) for name in settings.objectives]


def now() -> str:
    """Return the time as records keep it: ISO 8601, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")

"""Finding a study in the storage, or making it there."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from optuna.exceptions import DuplicatedStudyError
from optuna.storages import RDBStorage

from nasattn.errors import UserError
from nasattn.search.storage import DIRECTIONS, storage_errors
from nasattn.search.study.settings import Settings, check_same

SETTINGS_KEY = "nasattn:settings"
# How long another process may take between making a study and writing what it is.
_MAKING_SECONDS = 5.0


def enter_study(
    storage: RDBStorage, settings: Settings, folder: Path, shown: str, *, begun: bool
) -> int:
    """Return the number that the storage gives a study; make it where it is not there.

    Args:
        storage: The storage.
        settings: The frozen study.
        folder: The run folder.
        shown: The storage's URL as messages may show it.
        begun: Whether the study has trials already.

    Raises:
        UserError: a begun study is not in the storage, or another study of its name is.
        WriteError: the storage cannot be read or written.
    """
    with storage_errors(shown):
        study_id = _find(storage, settings.name)
        if study_id is None:
            if begun:
                raise UserError(
                    f'study "{settings.name}" is not in {shown}, but its trials are in '
                    f"{folder / 'trials'}; put the storage back, or give another --name"
                )
            _make(storage, settings)
            study_id = storage.get_study_id_from_name(settings.name)
        _check_same(storage, study_id, settings, shown)
        return study_id


def _find(storage: RDBStorage, name: str) -> int | None:
    found = (study for study in storage.get_all_studies() if study.study_name == name)
    return next((study._study_id for study in found), None)


def _make(storage: RDBStorage, settings: Settings) -> None:
    """Make a study, unless another process is quicker."""
    directions = [DIRECTIONS[name] for name in settings.objectives]
    try:
        study_id = storage.create_new_study(directions, settings.name)
    except DuplicatedStudyError:
        return
    _write_settings(storage, study_id, settings)


def _check_same(storage: RDBStorage, study_id: int, settings: Settings, shown: str) -> None:
    """Refuse a study of the same name that was made elsewhere under other settings."""

    def definition() -> str | None:
        kept: str | None = storage.get_study_user_attrs(study_id).get(SETTINGS_KEY)
        return kept

    frozen = definition()
    if frozen is None and storage.get_n_trials(study_id):
        raise UserError(
            f'{shown} holds a study "{settings.name}" that nasattn did not make; '
            "give another --name"
        )
    frozen = frozen or _awaited(definition)
    if frozen is None:
        # Whoever made it was killed before it could say what it is.
        _write_settings(storage, study_id, settings)
    else:
        kept = Settings.model_validate_json(frozen)
        check_same(kept, settings, shown)
        _raise_total(storage, study_id, kept, settings)


def _raise_total(storage: RDBStorage, study_id: int, kept: Settings, now: Settings) -> None:
    """Let those who join later know of more trials; where the data lie is each machine's own."""
    raised = kept.raised_to(now)
    if raised != kept:
        _write_settings(storage, study_id, raised)


def _awaited(read: Callable[[], str | None]) -> str | None:
    limit = monotonic() + _MAKING_SECONDS
    while (found := read()) is None and monotonic() < limit:
        sleep(0.1)
    return found


def _write_settings(storage: RDBStorage, study_id: int, settings: Settings) -> None:
    # The definition travels with the storage, so that other machines can join.
    text = settings.model_dump_json(exclude_none=True)
    storage.set_study_user_attr(study_id, SETTINGS_KEY, text)
    name_objectives(storage, study_id, settings)


def name_objectives(storage: RDBStorage, study_id: int, settings: Settings) -> None:
    """Tell Optuna's own tools what the objectives are called."""
    storage.set_study_system_attr(study_id, "study:metric_names", settings.objectives)

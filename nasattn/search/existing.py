"""The storage of a study that exists, for those who only look at it or ask something of it."""

from pathlib import Path
from typing import NamedTuple

from optuna.storages import RDBStorage

from nasattn.errors import UserError
from nasattn.records import Study, load_study, load_trials
from nasattn.records.database import without_password
from nasattn.search.storage import absolute_url, default_url, open_storage, storage_errors


class Existing(NamedTuple):
    """A study and where it is kept.

    Attributes:
        study: As its run folder has it.
        storage: Its storage, open.
        study_id: Its number there.
        shown: The storage's URL as messages may show it.
    """

    study: Study
    storage: RDBStorage
    study_id: int
    shown: str


def open_existing(runs_dir: Path, name: str, storage: str | None) -> Existing:
    """Open the storage of a study; none is made.

    Args:
        runs_dir: Where the study's folder is.
        name: The study's.
        storage: Its storage's URL with the password, where the study keeps one without.

    Raises:
        UserError: there is no such study, or its storage cannot be opened.
        WriteError: the storage cannot be read.
    """
    study = load_study(runs_dir, name, storage=storage)
    kept = study.storage
    url = default_url(study.path) if isinstance(kept, Path) else absolute_url(kept)
    shown = without_password(url)
    if study.has_lost_its_database:  # opening it would make an empty one
        raise UserError(
            f"{kept} is gone: `nasattn resume {name}` rebuilds it from the trials' files"
        )
    load_trials(study, curves=False)  # says what is wrong with the storage
    opened = open_storage(url, shown)
    with storage_errors(shown):
        study_id = opened.get_study_id_from_name(study.name_in_storage)
    return Existing(study, opened, study_id, shown)

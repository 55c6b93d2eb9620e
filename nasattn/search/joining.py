"""Joining a study from another machine: its definition is taken out of the storage."""

import json
from dataclasses import dataclass
from pathlib import Path

from nasattn.errors import UnknownNameError, UserError
from nasattn.records import check_name
from nasattn.records.database import with_password, without_password
from nasattn.records.rows import read_rows
from nasattn.schema import validate
from nasattn.search.artifacts import artifacts_address
from nasattn.search.ledger.entering import SETTINGS_KEY
from nasattn.search.lock import opening
from nasattn.search.storage import absolute_url
from nasattn.search.study.settings import Settings, check_same

_DEFINITIONS = """
SELECT s.study_id, s.study_name, a.value_json FROM studies s
JOIN study_user_attributes a ON a.study_id = s.study_id
WHERE a.key = :key
"""


@dataclass(frozen=True, slots=True)
class Places:
    """Where this machine has what a study needs; None is where the study or its folder has it.

    Attributes:
        data: The root of its data set.
        weights: The file of the backbone's initial weights.
        artifacts: Where checkpoints are kept.
    """

    data: str | None = None
    weights: str | None = None
    artifacts: str | None = None


def join(name: str, storage: str, runs_dir: Path, places: Places) -> None:
    """Make the run folder of a study that is kept in a storage, for `resume` to work on.

    The images and weights are compared with the study's when it is resumed.

    Args:
        name: The study's.
        storage: Its storage's URL.
        runs_dir: The folder of run folders, this machine's own or one that machines share.
        places: What lies elsewhere on this machine.

    Raises:
        UserError: the storage cannot be read or has no such study, or as for `settle`.
        WriteError: the folder cannot be written.
    """
    url = absolute_url(storage)
    shown = without_password(url)
    defined = _defined(check_name(name), url, shown)
    settle(defined.model_copy(update={"storage": shown}), runs_dir, places)


def settle(settings: Settings, runs_dir: Path, places: Places) -> None:
    """Make the run folder of a study, or bring the study's total in it up to date.

    Args:
        settings: The study, which is kept in a storage of its own.
        runs_dir: As for `join`.
        places: As for `join`.

    Raises:
        UserError: the folder is of another study, or the data, weights or artifacts are not there.
        WriteError: the folder cannot be written.
    """
    folder = runs_dir / settings.name
    with opening(folder):
        own = Settings.load(folder) if (folder / "study.toml").is_file() else None
        if own is not None:
            _check_own(own, settings, folder)
        found = _placed(settings, own, places)
        if found != own:
            found.save(folder)


def _defined(name: str, url: str, shown: str) -> Settings:
    """Return the definition of a study as whoever made it has left it in the storage."""
    rows = read_rows(with_password(url), _DEFINITIONS, {"key": SETTINGS_KEY})
    texts = {study: text for _, study, text in rows}
    if name not in texts:
        raise UnknownNameError("study", name, texts, shown)
    place = f'{shown}, study "{name}"'
    return validate(Settings, json.loads(json.loads(texts[name])), place)


def _check_own(own: Settings, settings: Settings, folder: Path) -> None:
    if own.storage is None:
        raise UserError(
            f"{folder} is a study that is kept in its own study.db, not in {settings.storage}; "
            "give another --runs-dir"
        )
    check_same(own, settings, str(settings.storage))


def _placed(settings: Settings, own: Settings | None, places: Places) -> Settings:
    """Return the study with its data, weights and checkpoints where this machine has them."""
    here = own or settings
    data, start, artifacts = here.data, here.weights, here.artifacts
    if places.data is not None:
        data = data.model_copy(update={"root": _absolute(places.data)})
    if start is not None and places.weights is not None:
        start = start.model_copy(update={"path": _absolute(places.weights)})
    if places.artifacts is not None:
        artifacts = artifacts_address(places.artifacts)
    _check_there(settings.name, f"data set {data.name}", data.root, "--data")
    _check_there(settings.name, "initial weights", start.path if start else None, "--weights")
    if artifacts is not None and "://" not in artifacts:
        _check_there(settings.name, "folder of artifacts", artifacts, "--artifacts")
    there = {"data": data, "weights": start, "artifacts": artifacts}
    return settings.raised_to(here).model_copy(update=there)


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _check_there(name: str, what: str, path: str | None, option: str) -> None:
    if path is not None and not Path(path).exists():
        raise UserError(
            f'study "{name}": its {what}: there is no {path} on this machine; '
            f"{option} PATH says where that is here"
        )

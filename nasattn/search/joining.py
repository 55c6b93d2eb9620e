"""Joining a study from another machine: its definition is taken out of the storage."""

import json
from pathlib import Path

from nasattn.errors import UnknownNameError, UserError
from nasattn.records import check_name
from nasattn.records.database import with_password, without_password
from nasattn.records.rows import read_rows
from nasattn.search.ledger.entering import SETTINGS_KEY
from nasattn.search.lock import opening
from nasattn.search.storage import absolute_url
from nasattn.search.study.settings import Settings, check_same

_DEFINITIONS = """
SELECT s.study_id, s.study_name, a.value_json FROM studies s
JOIN study_user_attributes a ON a.study_id = s.study_id
WHERE a.key = :key
"""


def join(name: str, storage: str, runs_dir: Path, root: str | None, weights: str | None) -> None:
    """Make the run folder of a study that is kept in a storage, for `resume` to work on.

    Where the folder is there, the study's total in it is brought up to date. The images and
    weights are compared with the study's when it is resumed.

    Args:
        name: The study's.
        storage: Its storage's URL.
        runs_dir: The folder of run folders, this machine's own or one that machines share.
        root: Where the data lie on this machine; None is where the study or the folder has them.
        weights: Likewise of the file of the backbone's initial weights.

    Raises:
        UserError: the storage cannot be read or has no such study, the folder is of another
            study, or the data or weights are not there.
        WriteError: the folder cannot be written.
    """
    folder, shown = runs_dir / check_name(name), without_password(absolute_url(storage))
    settings = _defined(name, absolute_url(storage), shown)
    with opening(folder):
        own = Settings.load(folder) if (folder / "study.toml").is_file() else None
        if own is not None:
            _check_own(own, settings, folder, shown)
        found = _placed(settings, own, root, weights).model_copy(update={"storage": shown})
        if found != own:
            found.save(folder)


def _defined(name: str, url: str, shown: str) -> Settings:
    """Return the definition of a study as whoever made it has left it in the storage."""
    rows = read_rows(with_password(url), _DEFINITIONS, {"key": SETTINGS_KEY})
    texts = {study: text for _, study, text in rows}
    if name not in texts:
        raise UnknownNameError("study", name, texts, shown)
    return Settings.model_validate_json(json.loads(texts[name]))


def _check_own(own: Settings, settings: Settings, folder: Path, shown: str) -> None:
    if own.storage is None:
        raise UserError(
            f"{folder} is a study that is kept in its own study.db, not in {shown}; "
            "give another --runs-dir"
        )
    check_same(own, settings, shown)


def _placed(
    settings: Settings, own: Settings | None, root: str | None, weights: str | None
) -> Settings:
    """Return the study with its data and weights where this machine has them."""
    here = own or settings
    place = f'study "{settings.name}"'
    data, start = here.data, here.weights
    if root is not None:
        data = data.model_copy(update={"root": str(Path(root).expanduser().absolute())})
    if start is not None and weights is not None:
        start = start.model_copy(update={"path": str(Path(weights).expanduser().absolute())})
    if data.root is not None and not Path(data.root).exists():
        raise UserError(
            f"{place}: its data set {data.name} is not at {data.root} on this machine; "
            "--data DIR says where it is"
        )
    if start is not None and not Path(start.path).is_file():
        raise UserError(
            f"{place}: the weights that it starts from are not at {start.path} on this machine; "
            "--weights FILE says where they are"
        )
    return settings.model_copy(update={"data": data, "weights": start})

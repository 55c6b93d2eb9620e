"""The files of a trial in the run folder, from which its rows in a storage can be made again."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nasattn.errors import UserError
from nasattn.records.mark import Mark, marked
from nasattn.records.trial import Trial

TRIAL_FILE = "trial.json"
HISTORY_FILE = "history.jsonl"


@dataclass(frozen=True, slots=True)
class KeptTrial:
    """What a trial's folder has of it.

    Attributes:
        record: The trial as its last attempt left it, with its learning curve.
        sampler: What the search must find again to go on as if undisturbed; None where an older
            version wrote the file.
        mark: Set where a person took the result out.
    """

    record: Trial
    sampler: Mapping[str, Any] | None
    mark: Mark | None

    @property
    def shown(self) -> Trial:
        """Return the trial as commands show it."""
        return marked(so_far(self.record), self.mark)


def trial_text(record: Trial, sampler: Mapping[str, Any], mark: Mark | None) -> str:
    """Return the content of ``trial.json``: the trial as it is shown, and all that is behind it."""
    values: dict[str, Any] = without_curve(marked(record, mark)) | {"sampler": sampler}
    if mark is not None and mark.covers(record):
        values["set_aside"] = {
            "state": record.state,
            "reason": record.reason,
            "attempt": mark.attempt,
        }
    return json.dumps(values, indent=1) + "\n"


def without_curve(record: Trial) -> dict[str, Any]:
    """Return a record as it is kept apart from its learning curve."""
    values = replace(record, curve=()).to_dict()
    del values["curve"]
    return values


def history_text(curve: Iterable[Mapping[str, Any]]) -> str:
    """Return the content of ``history.jsonl``: one epoch a line."""
    return "".join(json.dumps(epoch) + "\n" for epoch in curve)


def read_trial(folder: Path) -> KeptTrial:
    """Read the files of one trial.

    Raises:
        UserError: one of them is missing or damaged.
    """
    file, history = folder / TRIAL_FILE, folder / HISTORY_FILE
    curve: list[Any] = []
    with _named(history):
        if history.exists():  # an attempt that has only just begun has none
            curve = [json.loads(line) for line in _read(history).splitlines()]
    with _named(file):
        return _kept(json.loads(_read(file)), curve)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError) as error:
        raise UserError(f"{path}: the record of a trial is broken: {error}") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None


def _kept(values: Any, curve: list[Any]) -> KeptTrial:
    if not isinstance(values, dict):
        raise TypeError("it is not a JSON object")
    aside, mark = values.get("set_aside"), None
    if aside is not None:
        mark = Mark.from_dict({"attempt": aside.get("attempt"), "reason": values.get("reason")})
        values = values | {"state": aside.get("state"), "reason": aside.get("reason")}
    return KeptTrial(Trial.from_dict(values | {"curve": curve}), values.get("sampler"), mark)


def so_far(trial: Trial) -> Trial:
    """Fill in what the record of a running trial learns only when it ends."""
    if trial.state != "running" or not trial.curve:
        return trial
    return trial.with_curve(trial.curve)


def has_trials(folder: Path) -> bool:
    """Tell whether a run folder holds a trial's record."""
    return next(trial_folders(folder), None) is not None


def trial_folders(folder: Path) -> Iterator[Path]:
    """Yield the folders of the trials of a run folder; one without a record is no trial's."""
    return (file.parent for file in folder.glob(f"trials/*/{TRIAL_FILE}"))

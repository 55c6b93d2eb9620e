"""The trials of a study out of Optuna's SQL storage, by one query of our own.

Optuna's ORM needs seconds for a thousand trials and its import alone half a second; the query
takes milliseconds. Only what is asked for is parsed: learning curves are most of the data, and
placements most of the rest. Where the run folder's own database is gone, the trials are read from
their folders.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from nasattn.errors import UserError
from nasattn.records.database import without_password
from nasattn.records.mark import EXHAUSTED_KEY, Mark, marked, marks_of
from nasattn.records.queries import (
    CURVE_KEY,
    CURVE_TEXT,
    EXHAUSTED,
    OF_THE_STUDY,
    PLACEMENTS_TEXT,
    Part,
    query_of,
)
from nasattn.records.rows import Row, is_sqlite, read_rows
from nasattn.records.signs import RECORD_KEY, with_signs
from nasattn.records.study import Study
from nasattn.records.trial import Trial, plain
from nasattn.records.trial_file import has_trials, read_trial, so_far, trial_folders


class TrialText(NamedTuple):
    """A trial for those who pass it on as JSON: its longest parts were not parsed.

    Attributes:
        trial: All but its placements and its learning curve.
        placements: These as JSON.
        curve: This as JSON.
    """

    trial: Trial
    placements: str
    curve: str


def load_trials(study: Study, *, curves: bool) -> tuple[Trial, ...]:
    """Read the trials of ``study``, sorted by number, each as its last attempt left it.

    A running trial has the epochs, accuracy and seconds of its learning curve up to now; one that
    a person set aside is invalid.

    Args:
        study: Where to look.
        curves: Read the learning curves too, which are most of the data.

    Raises:
        UserError: the storage is not there, is another or cannot be read, or a record is broken.
        LostError: another process keeps the storage locked.
    """
    if curves:
        return _load(study, Part.RECORDS, Part.CURVES)
    return tuple(map(_without_curve, load_running(study)))


def load_running(study: Study) -> tuple[Trial, ...]:
    """Read the trials of ``study`` as `load_trials` does, with the curves of the running ones.

    Raises:
        UserError: as there.
        FailedError: as there.
    """
    return _load(study, Part.RECORDS, Part.RUNNING_CURVES)


def load_outcomes(study: Study) -> tuple[Trial, ...]:
    """Read the trials of ``study`` as `load_trials` does, without curves and most placements.

    Trial 0 has its placements, those of others are ``UNREAD`` where the storage can leave them
    out; `load_whole` reads the trials that are looked at.

    Raises:
        UserError: as there.
        FailedError: as there.
    """
    if not is_sqlite(study.storage):
        return load_trials(study, curves=False)
    return tuple(map(_without_curve, _load(study, Part.OUTCOMES, Part.RUNNING_CURVES)))


def load_whole(study: Study, numbers: Collection[int]) -> dict[int, Trial]:
    """Read some trials of ``study``, with their learning curves, by number.

    Raises:
        UserError: as for `load_trials`.
        FailedError: as there.
    """
    wanted = set(numbers)
    if study.has_lost_its_database or not is_sqlite(study.storage):
        found = load_trials(study, curves=True)
    else:
        found = _load(study, Part.CHOSEN_RECORDS, Part.CHOSEN_CURVES, numbers=sorted(wanted))
    return {trial.trial: trial for trial in found if trial.trial in wanted}


def is_exhausted(study: Study, trials: Iterable[Trial]) -> bool:
    """Tell whether a search has found that these trials are all that there can be.

    Raises:
        UserError: as for `load_trials`.
        FailedError: as there.
    """
    if study.has_lost_its_database:
        return False
    values = {"study": study.name_in_storage, "key": EXHAUSTED_KEY}
    rows = read_rows(study.storage, EXHAUSTED, values)
    count = sum(trial.state != "invalid" for trial in trials)
    return any(text == str(count) for _, _, text in rows)


def load_texts(study: Study) -> Iterator[TrialText]:
    """Read the trials of ``study`` as `load_trials` does, to be passed on as JSON.

    Raises:
        UserError: as there.
        FailedError: as there.
    """
    if study.has_lost_its_database or not is_sqlite(study.storage):
        yield from map(_as_text, load_trials(study, curves=True))
        return
    parts = (Part.OUTCOMES, Part.RUNNING_CURVES, Part.PLACEMENT_TEXTS, Part.CURVE_TEXTS)
    found, marks = _read(study, *parts)
    latest = _latest(found, study.name)
    _check_not_another(study, latest)
    trials = _shown(study, latest, marks)
    for trial in trials:
        values = found[latest[trial.trial][0]]
        curve = values.get(CURVE_TEXT)
        if curve is None:  # none, or one that holds what is no number in JSON
            curve = _json(plain(values.get(CURVE_KEY, [])))
        yield TrialText(_without_curve(trial), values[PLACEMENTS_TEXT], curve)


def _as_text(trial: Trial) -> TrialText:
    placements, curve = plain(trial.placements), plain(trial.curve)
    return TrialText(_without_curve(trial), _json(placements), _json(curve))


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def _without_curve(trial: Trial) -> Trial:
    return replace(trial, curve=()) if trial.curve else trial


def _load(study: Study, *parts: Part, numbers: Iterable[int] = ()) -> tuple[Trial, ...]:
    if study.has_lost_its_database:
        kept = (read_trial(folder).shown for folder in trial_folders(study.path))
        is_whole = Part.CURVES in parts
        trials = (t if is_whole or t.state == "running" else _without_curve(t) for t in kept)
        return tuple(sorted(trials, key=lambda trial: trial.trial))
    found, marks = _read(study, *parts, numbers=numbers)
    latest = _latest(found, study.name)
    if not numbers:
        _check_not_another(study, latest)
    return _shown(study, latest, marks)


def _check_not_another(study: Study, latest: Collection[int]) -> None:
    """Refuse a storage that knows nothing of a study whose trials have left their files."""
    if latest or not has_trials(study.path):
        return
    place, files = study.storage, study.path / "trials"
    do = "put the right one back"
    if isinstance(place, Path):
        do += f", or move it away: `nasattn resume {study.name}` rebuilds it from there"
    raise UserError(
        f'{without_password(str(place))}: has no trial of study "{study.name}", {files} has; {do}'
    )


def _read(
    study: Study, *parts: Part, numbers: Iterable[int] = ()
) -> tuple[dict[int, dict[str, Any]], dict[int, Mark]]:
    """Return the attributes of each of Optuna's trials, and the study's marks."""
    query, keys = query_of(*parts, numbers=numbers)
    rows = read_rows(study.storage, query, {"study": study.name_in_storage, **keys})
    found = _by_owner(rows, study.name)
    return found, _marks(found.pop(OF_THE_STUDY, {}), study.name)


def _by_owner(rows: Iterable[Row], study: str) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for trial_id, key, text in rows:
        try:
            value = text if key in (PLACEMENTS_TEXT, CURVE_TEXT) else json.loads(text)
        except ValueError as error:
            raise _broken(study, trial_id, error) from None
        found.setdefault(trial_id, {})[key] = value
    return found


def _marks(attributes: Mapping[str, Any], study: str) -> dict[int, Mark]:
    try:
        return marks_of(attributes)
    except ValueError as error:
        raise UserError(f'study "{study}": {error}') from None


def _latest(found: Mapping[int, Mapping[str, Any]], study: str) -> dict[int, tuple[int, Trial]]:
    """Return the last attempt at each trial by its number, with Optuna's; no record is no trial."""
    latest: dict[int, tuple[int, Trial]] = {}
    # Of two rows of one attempt the first holds, as `Ledger` has it.
    for trial_id, values in sorted(found.items()):
        if RECORD_KEY in values:
            trial = _trial(values, trial_id, study)
            known = latest.get(trial.trial)
            if known is None or trial.attempt > known[1].attempt:
                latest[trial.trial] = (trial_id, trial)
    return latest


def _shown(
    study: Study, latest: Mapping[int, tuple[int, Trial]], marks: Mapping[int, Mark]
) -> tuple[Trial, ...]:
    shown = [marked(latest[number][1], marks.get(number)) for number in sorted(latest)]
    return with_signs(study, shown)


def _trial(values: Mapping[str, Any], trial_id: int, study: str) -> Trial:
    record, curve = values[RECORD_KEY], values.get(CURVE_KEY, [])
    if not isinstance(record, dict) or not isinstance(curve, list):
        raise _broken(study, trial_id, TypeError("it is not a JSON object with a list"))
    try:
        return so_far(Trial.from_dict({**record, "curve": curve}))
    except (ValueError, TypeError) as error:
        raise _broken(study, trial_id, error) from None


def _broken(study: str, trial_id: int, error: Exception) -> UserError:
    return UserError(
        f'study "{study}": the record of Optuna\'s trial {trial_id} is broken: {error}'
    )

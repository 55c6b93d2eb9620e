"""The file of a table: JSON lines, compressed; the first line is the study, each other a trial."""

import gzip
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from nasattn.errors import UserError
from nasattn.files import write_atomic
from nasattn.records.study import Study, study_of
from nasattn.records.table import LeftOut, Table
from nasattn.records.trial import Trial

SUFFIX = ".jsonl.gz"
FORMAT, VERSION = "nasattn table", 1


def write_table(table: Table, path: Path) -> None:
    """Write a table, whole or not at all; equal tables are equal bytes.

    Raises:
        WriteError: the file cannot be written.
    """
    header = {
        "format": FORMAT,
        "version": VERSION,
        "study": table.study.name,
        "settings": table.study.settings,
        "distributions": table.distributions,
        "left_out": [list(one) for one in table.left_out],
    }
    rows = (
        {**trial.to_dict(), "sampler": params}
        for trial, params in zip(table.trials, table.params, strict=True)
    )
    text = "".join(_line(values) for values in (header, *rows))
    write_atomic(path, gzip.compress(text.encode(), 9, mtime=0))


def _line(values: Mapping[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"), allow_nan=False) + "\n"


def read_table(path: Path) -> Table:
    """Read a table.

    Raises:
        UserError: there is no such file, or it is not what ``write_table`` writes; the message
            names the line and what is wrong.
    """
    lines = iter(_lines(path))
    header = _values(next(lines, ""), path, 1)
    study = _study(header, path)
    trials, params = [], []
    for number, line in enumerate(lines, 2):
        values = _values(line, path, number)
        trials.append(_trial(values, study, f"{path}: line {number}"))
        params.append(_part(values, "sampler", dict, f"{path}: line {number}"))
    _check_together(trials, path)
    distributions = _part(header, "distributions", dict, f"{path}: line 1")
    left_out = _part(header, "left_out", list, f"{path}: line 1")
    return Table(
        study, tuple(trials), tuple(params), distributions, tuple(_left_out(left_out, path))
    )


def _lines(path: Path) -> list[str]:
    try:
        return gzip.decompress(path.read_bytes()).decode().splitlines()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: not a readable table: {reason}") from None


def _values(line: str, path: Path, number: int) -> Mapping[str, Any]:
    def refuse(word: str) -> NoReturn:
        raise ValueError(f"{word} is no number")

    try:
        values = json.loads(line, parse_constant=refuse)
    except ValueError as error:
        raise UserError(f"{path}: line {number} is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise UserError(f"{path}: line {number} is not a JSON object")
    return values


def _part(values: Mapping[str, Any], key: str, kind: type, place: str) -> Any:
    found = values.get(key)
    if not isinstance(found, kind):
        raise UserError(f"{place}: {key} is missing or not a {kind.__name__}")
    return found


def _study(header: Mapping[str, Any], path: Path) -> Study:
    if header.get("format") != FORMAT:
        raise UserError(f"{path}: not a table; `nasattn table NAME -o FILE{SUFFIX}` writes one")
    if header.get("version") != VERSION:
        raise UserError(
            f"{path}: format version {header.get('version')!r}, this nasattn reads {VERSION}; "
            "export it again"
        )
    settings = _part(header, "settings", dict, f"{path}: line 1")
    return study_of(str(header.get("study", path.stem)), path, settings, f"{path}: line 1")


def _trial(values: Mapping[str, Any], study: Study, place: str) -> Trial:
    try:
        trial = Trial.from_dict(values)
        _check_whole(trial, study)
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{place}: {error}") from None
    return trial


def _check_whole(trial: Trial, study: Study) -> None:
    """Refuse a trial that no table may have.

    Raises:
        ValueError: it is not complete, or a number in it cannot be.
    """
    if trial.state != "complete":
        raise ValueError(f"trial {trial.trial} is {trial.state}, not complete")
    if not trial.curve or len(trial.curve) != (study.epochs or len(trial.curve)):
        raise ValueError(f"trial {trial.trial} has {len(trial.curve)} of {study.epochs} epochs")
    for epoch in trial.curve:
        _check_number(f"accuracy of epoch {epoch['epoch']}", epoch.get("accuracy"), 0, 1)
        plain = epoch.get("plain_accuracy")
        if plain is not None:
            _check_number(f"plain_accuracy of epoch {epoch['epoch']}", plain, 0, 1)
        _check_number(f"seconds of epoch {epoch['epoch']}", epoch.get("seconds"), 0, math.inf)
    if trial.accuracy != trial.curve[-1].get("accuracy"):
        raise ValueError(f"accuracy {trial.accuracy} is not that of its last epoch")
    for cost in study.objectives:
        _check_number(cost, getattr(trial, cost), 0 if cost == "accuracy" else 1e-9, math.inf)


def _check_number(name: str, value: Any, low: float, high: float) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high or math.isinf(value):
        raise ValueError(f"{name} = {value!r}: must be a number from {low:g} to {high:g}")


def _check_together(trials: Iterable[Trial], path: Path) -> None:
    numbers: set[int] = set()
    trained: dict[tuple[str, int], int] = {}
    lengths: set[int] = set()
    for trial in trials:
        other = trained.setdefault((trial.digest, trial.repeat), trial.trial)
        if trial.trial in numbers or other != trial.trial:
            what = f"repeat {trial.repeat} of {trial.digest}"
            raise UserError(f"{path}: trials {other} and {trial.trial} are both {what}")
        numbers.add(trial.trial)
        lengths.add(len(trial.curve))
    if not numbers:
        raise UserError(f"{path}: holds no trial; it may have been cut off")
    if len(lengths) > 1:
        raise UserError(f"{path}: its curves have {min(lengths)} to {max(lengths)} epochs")


def _left_out(values: Iterable[Any], path: Path) -> Iterator[LeftOut]:
    for value in values:
        if not isinstance(value, list) or len(value) != 2:
            raise UserError(f"{path}: line 1: left_out has {value!r}, not a trial and a reason")
        yield LeftOut(int(value[0]), str(value[1]))

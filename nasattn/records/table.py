"""A table: trained architectures with their whole learning curves, in one file to be replayed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NamedTuple

from nasattn.errors import UserError
from nasattn.records.storage import load_trials
from nasattn.records.study import Study
from nasattn.records.trial import Trial
from nasattn.records.trial_file import read_trial

# Where the study was kept is no property of its results.
_PLACES = (("data", "root"), ("weights", "path"))


class LeftOut(NamedTuple):
    """A trial that is not in the table, and why."""

    trial: int
    why: str


@dataclass(frozen=True, slots=True)
class Table:
    """Complete trials of one study, every curve from the first epoch to the last.

    Attributes:
        study: The frozen study that they were trained by: recipe, data, space, versions, hardware.
        trials: With their learning curves, by number; each (digest, repeat) once.
        params: By which a sampler chose the architecture, for each of ``trials``.
        distributions: Of every parameter, by name, as Optuna's JSON has them.
        left_out: The study's other trials.
    """

    study: Study
    trials: tuple[Trial, ...]
    params: tuple[Mapping[str, Any], ...]
    distributions: Mapping[str, Any]
    left_out: tuple[LeftOut, ...]

    @property
    def epochs(self) -> int:
        """Return the epochs of every curve."""
        return len(self.trials[0].curve)

    def by_digest(self) -> dict[str, tuple[Trial, ...]]:
        """Return the trials of each architecture, by repeat."""
        found: dict[str, list[Trial]] = {}
        for trial in sorted(self.trials, key=lambda trial: trial.repeat):
            found.setdefault(trial.digest, []).append(trial)
        return {digest: tuple(trials) for digest, trials in found.items()}


def export_table(study: Study) -> Table:
    """Return what a study has trained to its end, and what is left out.

    Raises:
        UserError: its trials cannot be read, or none is complete.
        LostError: another process keeps the storage locked.
    """
    kept: list[Trial] = []
    params: list[Mapping[str, Any]] = []
    distributions: dict[str, Any] = {}
    left_out: list[LeftOut] = []
    for trial in load_trials(study, curves=True):
        why = _lacking(trial, study)
        sampler = {} if why else _sampler_part(study, trial)
        if why or sampler is None:
            left_out.append(LeftOut(trial.trial, why or "its file in the run folder is missing"))
            continue
        kept.append(trial)
        params.append(sampler.get("params", {}))
        distributions |= sampler.get("distributions", {})
    if not kept:
        raise UserError(f'study "{study.name}": no trial is complete, so there is no table of it')
    placeless = Study(study.name, study.path, study.objectives, study.trials, _placeless(study))
    ordered = dict(sorted(distributions.items()))
    return Table(placeless, tuple(kept), tuple(params), ordered, tuple(left_out))


def _lacking(trial: Trial, study: Study) -> str:
    """Return what a trial lacks to be in a table; empty where it is whole."""
    if not trial.is_result:
        return "continued beyond the recipe" if trial.state == "complete" else trial.state
    if study.epochs is not None and len(trial.curve) != study.epochs:
        return f"has {len(trial.curve)} of {study.epochs} epochs"
    return ""


def _sampler_part(study: Study, trial: Trial) -> Mapping[str, Any] | None:
    folder = study.path / "trials" / str(trial.trial)
    return read_trial(folder).sampler if folder.is_dir() else None


def _placeless(study: Study) -> Mapping[str, Any]:
    """Return a study's settings without the folders that it was kept in."""
    settings = {key: value for key, value in study.settings.items() if key != "storage"}
    for table, key in _PLACES:
        if key in (values := study.table(table)):
            settings[table] = {**values, key: PurePath(values[key]).name}
    return settings


def left_out_words(left_out: Sequence[LeftOut]) -> str:
    """Say in one line what is left out, empty where nothing is."""
    reasons: dict[str, int] = {}
    for one in left_out:
        reasons[one.why] = reasons.get(one.why, 0) + 1
    return ", ".join(f"{count} {why}" for why, count in sorted(reasons.items()))

"""What a second look is taken at: architectures, with all that their training needs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from nasattn.backbones import default_input_shape
from nasattn.errors import UserError
from nasattn.placement import Architecture, Placement, canonical
from nasattn.records import Study, Trial, load_study, load_trials, study_names
from nasattn.schema import read_toml, validate
from nasattn.search.study.single import read_network, study_name, training_tables
from nasattn.search.study.study_file import Variant, set_key
from nasattn.search.study.variants import architectures
from nasattn.space import Space, SpaceFile

BARE, FULL = "bare", "full"

_MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a training took that is recorded.

    Attributes:
        seconds: For one epoch over one training image.
        device: On what.
        of: Which trainings, in words.
    """

    seconds: float
    device: str
    of: str


@dataclass(frozen=True, slots=True)
class Source:
    """Architectures of one backbone, with the tables of a study that say how they are trained.

    Attributes:
        words: What it is, for people: ``trial 9 of quickstart``.
        name: What names of studies made of it begin with.
        study: The study or file that it is of.
        values: The tables of a study, without variants; paths are absolute.
        architectures: By name, at least one.
        space: Where they were found, if that is a search space.
        pace: How long they took to train, if that is recorded.
        evaluated: The split that ``scores`` were measured on.
        scores: The accuracy of those whose training there is complete, by name.
    """

    words: str
    name: str
    study: str
    values: Mapping[str, Any]
    architectures: Mapping[str, Architecture]
    space: Space | None = None
    pace: Pace | None = None
    evaluated: str = "validation"
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """Return the seed of the study that it is of; 0 is the default of all studies."""
        return int(self.values.get("seed", 0))


def trials_source(
    study: Study,
    found: Sequence[Trial],
    chosen: Mapping[str, Trial],
    overrides: Mapping[str, Any],
) -> Source:
    """Return trials of a study as a source.

    Args:
        study: Whose.
        found: All of its trials.
        chosen: At least one of them, by the names that they are to have.
        overrides: From ``recipe.epochs`` to the value that replaces the study's.

    Raises:
        UserError: an override does not fit.
    """
    frozen = read_toml(study.path / "study.toml")
    values = _tables(training_tables(frozen), study.path, overrides)
    baseline = next((trial for trial in found if trial.is_baseline), None)
    base = {BARE: baseline} if baseline else {}
    scores = {name: _score(trial, found) for name, trial in {**base, **chosen}.items()}
    return Source(
        words=f"{_numbers(chosen.values())} of {study.name}",
        name=study_name("-".join([study.name, *(str(trial.trial) for trial in chosen.values())])),
        study=study.name,
        values=values,
        architectures={name: _of_trial(values, trial) for name, trial in chosen.items()},
        space=_space(frozen, study.name),
        pace=_pace(study, [*base.values(), *chosen.values()]),
        evaluated=study.evaluated,
        scores={name: score for name, score in scores.items() if score is not None},
    )


def network_source(
    source: str,
    names: Sequence[str],
    overrides: Mapping[str, Any],
    runs_dir: Path,
    profile: str | None,
) -> Source:
    """Return an architecture's file, or variants of a study, as a source.

    Args:
        source: ``FILE.json``, ``STUDY:VARIANT``, or with ``names`` a study file or the name of a
            study that was run.
        names: Variants of that study.
        overrides: From ``recipe.epochs`` to the value that replaces the study's.
        runs_dir: The folder of the studies that were run.
        profile: One of the study file's profiles.

    Raises:
        UserError: as ``read_network``, or a variant cannot be built.
    """
    sources = [f"{source}:{name}" for name in names] or [source]
    read = [read_network(text, overrides, runs_dir, profile) for text in sources]
    first, folder = read[0]
    tables = [values["variant"][0] for values, _ in read]
    written = tuple(validate(Variant, table, f"{source} [[variant]]") for table in tables)
    values = _tables(training_tables(first), folder, {})
    return Source(
        words=f"{', '.join(names)} of {source}" if names else source,
        name=study_name(Path(source).stem) if names else str(first["name"]),
        study=source,
        values=values,
        architectures=architectures(written, *_backbone(values)),
        pace=_recorded_pace(source.partition(":")[0], runs_dir),
    )


def _tables(values: dict[str, Any], folder: Path, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study's tables with overrides in place and paths that hold everywhere."""
    for key, value in overrides.items():
        set_key(values, key, value)
    if isinstance(weights := values.get("weights"), str):
        values["weights"] = str((folder / weights).absolute())
    return values


def _backbone(values: Mapping[str, Any]) -> tuple[str, dict[str, Any], tuple[int, int, int]]:
    name = values.get("backbone")
    if not isinstance(name, str):
        raise UserError("backbone is missing; variants need one")
    shape = values.get("input_shape") or default_input_shape(name)
    return name, values.get("backbone_args", {}), (shape[0], shape[1], shape[2])


def _of_trial(values: Mapping[str, Any], trial: Trial) -> Architecture:
    placements = [
        Placement(p["slot"], p["at"], p["module"], tuple(sorted(p["options"].items())))
        for p in trial.placements
    ]
    return canonical(*_backbone(values), placements)


def _space(frozen: Mapping[str, Any], name: str) -> Space | None:
    if not frozen.get("space"):
        return None
    keys = ("backbone", "backbone_args", "input_shape")
    values = {**{key: frozen[key] for key in keys if key in frozen}, **frozen["space"]}
    place = f'study "{name}"'
    return Space.from_file(validate(SpaceFile, values, place), place)


def _pace(study: Study, trials: Sequence[Trial]) -> Pace | None:
    """Return the mean pace of ``trials``, the slower the more images an epoch has."""
    images = study.table("num_images").get("train")
    trained = [trial for trial in trials if trial.epochs and trial.seconds]
    if not images or not trained:
        return None
    seconds = fmean(trial.seconds / trial.epochs / images for trial in trained)
    return Pace(seconds, trained[-1].device, f"{_numbers(trained)} of {study.name}")


def _recorded_pace(name: str, runs_dir: Path) -> Pace | None:
    """Return the pace of a study by its name, if one of that name was run."""
    if Path(name).is_file() or name not in study_names(runs_dir):
        return None
    study = load_study(runs_dir, name)
    return _pace(study, load_trials(study, curves=False))


def _numbers(trials: Collection[Trial]) -> str:
    if len(trials) > _MOST_NAMED:
        return f"{len(trials)} trials"
    noun = "trial" if len(trials) == 1 else "trials"
    return f"{noun} {', '.join(str(trial.trial) for trial in trials)}"


def _score(trial: Trial, found: Sequence[Trial]) -> float | None:
    """Return the mean accuracy of the complete trials of an architecture."""
    alike = (other for other in found if other.digest == trial.digest and other.is_result)
    reached = [other.accuracy for other in alike if other.accuracy is not None]
    return fmean(reached) if reached else None

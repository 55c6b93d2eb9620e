"""The study of one network alone, from an architecture's JSON or a study's variant."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasattn.errors import UnknownNameError, UserError
from nasattn.placement import read_architecture
from nasattn.records import load_study, study_names
from nasattn.schema import read_toml, validate
from nasattn.search.study.profile import with_profile
from nasattn.search.study.study_file import StudyFile, set_key

# What a study says of the training of one network, not of the search among many.
_TAKEN = (
    *("backbone", "backbone_args", "input_shape", "weights"),
    *("seed", "evaluate", "reduces", "data", "recipe", "execution"),
)


def read_single(
    source: str, overrides: Mapping[str, Any], runs_dir: Path, profile: str | None = None
) -> tuple[StudyFile, Path]:
    """Return the study that trains one network, and the folder that its paths are relative to.

    Args:
        source: ``FILE.json``, an architecture; or ``STUDY:VARIANT``, with a study file or the
            name of a study that was run, whose data, recipe, seed and threads are then taken.
        overrides: From ``recipe.epochs`` to the value that replaces the study's.
        runs_dir: The folder of the studies that were run.
        profile: One of the study file's profiles.

    Raises:
        UserError: there is no such file, study or variant, or no data set is named.
    """
    values, folder = read_network(source, overrides, runs_dir, profile)
    set_key(values, "search.sampler", "single")
    set_key(values, "execution.keep_weights", True)  # noqa: FBT003 - the value of a setting
    return validate(StudyFile, values, source), folder


def read_network(
    source: str, overrides: Mapping[str, Any], runs_dir: Path, profile: str | None
) -> tuple[dict[str, Any], Path]:
    """Return the tables of a study with one variant, and the folder that its paths are relative to.

    Args:
        source: As ``read_single`` has it.
        overrides: Likewise.
        runs_dir: Likewise.
        profile: Likewise.

    Raises:
        UserError: as there.
    """
    if source.endswith(".json"):
        values, folder = _from_architecture(Path(source)), Path()
        values = with_profile(values, profile, source)
    else:
        values, folder = _from_variant(source, runs_dir, profile)
    for key, value in overrides.items():
        set_key(values, key, value)
    if "data" not in values:
        raise UserError(
            f"{source}: no data set is named; give --data digits, --data cifar10:DIR, …"
        )
    values.setdefault("recipe", {})
    return values, folder


def training_tables(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a study's tables, frozen or not, say of the training of one network."""
    taken = {key: values[key] for key in _TAKEN if key in values}
    if isinstance(weights := taken.get("weights"), dict):
        taken["weights"] = weights["path"]  # as a frozen study has it
    return taken


def _from_architecture(file: Path) -> dict[str, Any]:
    architecture = read_architecture(file)
    values = architecture.to_dict()
    # What a run folder calls every architecture says nothing.
    own = file.stem != "architecture"
    name = study_name(file.stem if own else f"{architecture.backbone}-{architecture.digest}")
    variant = {"name": name, "placements": values.pop("placements")}
    return {**values, "name": name, "variant": [variant]}


def _from_variant(source: str, runs_dir: Path, profile: str | None) -> tuple[dict[str, Any], Path]:
    study, colon, wanted = source.partition(":")
    if not colon:
        raise UserError(
            f"{source}: must be an architecture (FILE.json) or a study's variant "
            "(studies/x.toml:VARIANT, or NAME:VARIANT of a study that was run)"
        )
    file = Path(study)
    if not file.is_file():
        if study not in study_names(runs_dir):
            raise UserError(f"{source}: {study} is neither a study file nor a study in {runs_dir}")
        file = load_study(runs_dir, study).path / "study.toml"
    values = with_profile(read_toml(file), profile, study)
    variants = {
        item.get("name"): item for item in values.get("variant", ()) if isinstance(item, dict)
    }
    if wanted not in variants:
        raise UnknownNameError("variant", wanted, map(str, variants), study)
    stem = study if file.name == "study.toml" else file.stem
    stem = f"{stem}_{profile}" if profile else stem
    name = study_name(f"{stem}-{wanted}")
    return {**training_tables(values), "name": name, "variant": [variants[wanted]]}, file.parent


def study_name(text: str) -> str:
    """Return a study's name made of ``text``.

    >>> study_name("nam on resnet50/a")
    'nam-on-resnet50-a'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "network"

"""The studies of the same folder that say more of a study."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from nasattn.errors import NasattnError
from nasattn.records.storage import load_trials
from nasattn.records.study import Study, load_study, study_names
from nasattn.records.trial import Trial

_APART = {"name", "seed", "trials", "search", "execution", "environment", "storage"}
"""Settings that searches of the same space, data and recipe may differ in."""


class Kin(NamedTuple):
    """Studies beside one, each with its trials.

    Attributes:
        derived: Those made of its trials: ablations, retrainings.
        rivals: Searches of the same space with the same data and recipe: by another seed, sampler
            or pruner.
    """

    derived: Sequence[tuple[Study, Sequence[Trial]]] = ()
    rivals: Sequence[tuple[Study, Sequence[Trial]]] = ()


def kin_of(study: Study) -> Kin:
    """Return what stands beside a study; what cannot be read is no kin."""
    derived: list[tuple[Study, Sequence[Trial]]] = []
    rivals: list[tuple[Study, Sequence[Trial]]] = []
    for other in _others(study):
        is_derived = other.table("origin").get("study") == study.name
        is_search = not other.settings.get("variant")
        if is_derived or (is_search and _compared(other) == _compared(study)):
            with suppress(NasattnError):
                found = (other, load_trials(other, curves=False))
                (derived if is_derived else rivals).append(found)
    return Kin(derived, rivals)


def _others(study: Study) -> Iterator[Study]:
    for name in study_names(study.path.parent):
        if name != study.name:
            with suppress(NasattnError):
                yield load_study(study.path.parent, name)


def _compared(study: Study) -> Mapping[str, Any]:
    return {key: value for key, value in study.settings.items() if key not in _APART}

"""Under what conditions numbers were measured: without them they mean nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nasattn.analysis import Front
from nasattn.analysis.hypervolume import REFERENCE_ACCURACY, REFERENCE_COST
from nasattn.records import Study, Trial
from nasattn.report.units import human


def conditions(study: Study, trials: Sequence[Trial]) -> str:
    """Write data, recipe, seeds, processor and versions of ``study`` in one line."""
    parts = (_data(study), _recipe(study), _seeds(study), _machine(study, trials), _torch(study))
    return "; ".join(part for part in parts if part)


def hypervolume_words(study: Study, front: Front) -> str:
    """Write the hypervolume with what it is measured against."""
    costs = [name for name in front.objectives if name != "accuracy"]
    if front.hypervolume is None:
        return f"hypervolume: not defined: the study has no cost range for {', '.join(costs)}"
    against = [f"accuracy {REFERENCE_ACCURACY:g}"] if "accuracy" in front.objectives else []
    against += [f"{name} {REFERENCE_COST:g}" for name in costs]
    ranges = "; ".join(
        f"{name} {human(low)} = 0, {human(high)} = 1"
        for name, (low, high) in study.cost_range.items()
        if name in costs
    )
    scale = f" (logarithmic scale: {ranges})" if ranges else ""
    return f"hypervolume {front.hypervolume:.4f} against {', '.join(against)}{scale}"


def _data(study: Study) -> str:
    data = study.table("data")
    name = str(data.get("name", ""))
    if study.settings.get("evaluate") == "test":
        return f"{name}, test set"
    share = data.get("validation")
    of = f" ({100 * share:g} % of the training images)" if isinstance(share, float) else ""
    return f"{name}, validation split{of}"


def _recipe(study: Study) -> str:
    return "" if study.epochs is None else _counted(study.epochs, "epoch")


def _seeds(study: Study) -> str:
    return f"{_counted(int(study.settings.get('repeats', 1)), 'seed')} per architecture"


def _machine(study: Study, trials: Iterable[Trial]) -> str:
    devices = sorted({trial.device for trial in trials if trial.device})
    processor = study.table("environment").get("processor")
    return ", ".join([*devices, *([str(processor)] if processor else [])])


def _torch(study: Study) -> str:
    environment = study.table("environment")
    versions: Mapping[str, Any] = environment.get("versions", environment)
    return f"torch {versions['torch']}" if "torch" in versions else ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

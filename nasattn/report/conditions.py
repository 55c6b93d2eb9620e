"""Under what conditions numbers were measured: without them they mean nothing."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from nasattn.analysis import Front
from nasattn.analysis.hypervolume import REFERENCE_ACCURACY, REFERENCE_COST
from nasattn.records import Study, Trial
from nasattn.report.units import counted, human, milliseconds


def conditions(study: Study, trials: Sequence[Trial]) -> str:
    """Write data, recipe, seeds, processor and versions of ``study`` in one line."""
    reduces = study.settings.get("reduces")
    parts = (
        f"reduced: {reduces}" if reduces else "",
        _data(study),
        _recipe(study),
        _seeds(study),
        _latency(study),
        _machine(study, trials),
        _torch(study),
    )
    return "; ".join(part for part in parts if part)


def caption(study: Study, trials: Sequence[Trial]) -> str:
    """Write what a study's table needs to stand alone: its name, conditions and versions."""
    version = study.table("environment").get("nasattn")
    words = f"{study.name}: {conditions(study, trials)}"
    return f"{words}; nasattn {version}" if version else words


def hypervolume_words(front: Front) -> str:
    """Write the hypervolume with what it is measured against."""
    costs = [name for name in front.objectives if name != "accuracy"]
    if front.hypervolume is None:
        return f"hypervolume: not defined: the study has no cost range for {', '.join(costs)}"
    against = [f"accuracy {REFERENCE_ACCURACY:g}"] if "accuracy" in front.objectives else []
    against += [f"{name} {REFERENCE_COST:g}" for name in costs]
    ranges = "; ".join(
        f"{name} {_size(name, low)} = 0, {_size(name, high)} = 1"
        for name, (low, high) in front.cost_range.items()
    )
    scale = f" (logarithmic scale: {ranges})" if ranges else ""
    return f"hypervolume {front.hypervolume:.4f} against {', '.join(against)}{scale}"


def _size(cost: str, value: float) -> str:
    return milliseconds(value) if cost == "latency_ms" else human(value)


def _latency(study: Study) -> str:
    """Write what the latencies were measured with, where there are any."""
    if "latency_ms" not in study.objectives:
        return ""
    execution = study.table("execution")
    words = (
        f"a batch of {execution.get('latency_batch_size', 1)}",
        counted(int(execution.get("threads", 1)), "thread"),
        str(study.table("recipe").get("precision", "")),
    )
    return f"latency: median for {_listed(words)}"


def _data(study: Study) -> str:
    data = study.table("data")
    name = str(data.get("name", "")) + (" (streamed)" if data.get("in_memory") is False else "")
    part = study.evaluated
    counts = study.table("num_images")
    if not {"train", part} <= counts.keys():
        return f"{name}, accuracy on {part} images"
    trained = counted(counts["train"], "training image")
    return f"{name}: {trained}, accuracy on {counted(counts[part], f'{part} image')}"


def _recipe(study: Study) -> str:
    weights = str(study.table("weights").get("path", ""))
    start = f" from the weights of {Path(weights).name}" if weights else ""
    frozen = study.table("recipe").get("freeze_epochs", 0)
    alone = f", attention alone in the first {frozen}" if frozen else ""
    return "" if study.epochs is None else f"{counted(study.epochs, 'epoch')}{start}{alone}"


def _seeds(study: Study) -> str:
    return f"{counted(int(study.settings.get('repeats', 1)), 'seed')} per architecture"


def _machine(study: Study, trials: Iterable[Trial]) -> str:
    environment = study.table("environment")
    devices = sorted({trial.device for trial in trials if trial.device})
    known = [environment["device"]] if "device" in environment else devices
    made_on = _listed([*known, environment.get("processor")])
    if set(devices) <= set(known):
        return made_on
    # The processor is the study's: whether the trials had the same is not recorded.
    return f"trained on {_listed(devices)} (study made on {made_on})"


def _listed(words: Iterable[object]) -> str:
    return ", ".join(str(word) for word in words if word)


def _torch(study: Study) -> str:
    version = study.table("environment").get("torch")
    return f"torch {version}" if version else ""

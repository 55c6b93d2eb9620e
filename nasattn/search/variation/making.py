"""The study that takes a second look: a file that a person can read, and what it will cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tomli_w

from nasattn import attention
from nasattn.errors import UserError
from nasattn.placement import Architecture, Placement
from nasattn.schema import validate
from nasattn.search.study.freeze import Material
from nasattn.search.study.study_file import StudyFile
from nasattn.search.variation.fresh import fresh_seed
from nasattn.search.variation.source import BARE, Pace, Source
from nasattn.search.variation.variations import Variants

VARIANTS_FILE = "variants.toml"
"""The study as it was made, in its run folder beside the frozen one."""

_HEADER = """\
# {question}
#
# {variants} architectures with {seeds} seeds each, the same for all. `seed` is none that chose
# them; accuracy is that of the test images. `nasattn search` on this file runs it or goes on.
"""


@dataclass(frozen=True, slots=True)
class Look:
    """What is asked of architectures, and how.

    Attributes:
        asks: In a word: ``leave-one-out``, ``retrain``, …
        question: In a sentence.
        purpose: What the seed is derived for.
        against: The variant that the others are compared with; None is the bare backbone.
        seeds: How many each architecture is trained with.
        seed: The study's; None derives one that nobody has seen.
        name: The study's; None makes one of the source's and ``asks``.
        keep_weights: Whether the trained networks are kept.
        parts: Of a factorial, by part, the variants that have it.
    """

    asks: str
    question: str
    purpose: str
    against: str | None = None
    seeds: int = 6
    seed: int | None = None
    name: str | None = None
    keep_weights: bool = False
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)


def study_text(source: Source, variants: Variants, look: Look) -> str:
    """Write the study that trains ``variants`` with fresh seeds on the test set, as TOML.

    Raises:
        UserError: the seed that was given is the one that chose the architectures.
    """
    seed = fresh_seed(source.seed, look.purpose) if look.seed is None else look.seed
    if seed == source.seed:
        raise UserError(f"--seed {seed}: {source.study} has it and chose by it; give another")
    own = source.values
    values = {
        "name": look.name or f"{source.name}-{look.asks}",
        **{key: own[key] for key in ("backbone", "input_shape", "weights") if key in own},
        "repeats": look.seeds,
        "seed": seed,
        "evaluate": "test",
        "reduces": _reduces(source),
        "backbone_args": own.get("backbone_args"),
        "origin": _origin(source, variants, look),
        "variant": [_variant(*item) for item in variants.items()],
        **{key: own[key] for key in ("data", "recipe")},
        "search": {"sampler": "variants"},
        "execution": _execution(own.get("execution", {}), look),
    }
    header = _HEADER.format(question=look.question, variants=len(variants), seeds=look.seeds)
    return f"{header}{tomli_w.dumps(_without_nothing(values))}"


def study_of(values: Mapping[str, Any], place: str) -> StudyFile:
    """Return the study that such a text denotes.

    Raises:
        UserError: a setting that came from the command line is wrong.
    """
    return validate(StudyFile, values, place)


def plan(material: Material, pace: Pace | None, ended: int) -> dict[str, Any]:
    """Return in plain values what a study of variants will train, and for about how long.

    Args:
        material: The study.
        pace: How long such trainings took, if that is recorded.
        ended: How many of its trials have ended.
    """
    settings = material.settings
    left = max(0, settings.trials - ended)
    images = settings.num_images["train"] * settings.recipe.epochs
    return {
        "study": settings.name,
        "asks": settings.origin.asks if settings.origin else None,
        "seed": settings.seed,
        "chosen_with_seed": settings.origin.seed if settings.origin else None,
        "seeds": settings.repeats,
        "trainings": settings.trials,
        "trainings_left": left,
        "epochs": settings.recipe.epochs,
        "images": dict(settings.num_images),
        "estimated_seconds": pace.seconds * images * left if pace else None,
        "estimated_from": f"{pace.of}, on {pace.device}" if pace else None,
        "variants": [_cost(material, *item) for item in material.variants.items()],
    }


def _cost(material: Material, name: str, architecture: Architecture) -> dict[str, Any]:
    totals = material.model.cost(architecture)
    placements = architecture.to_dict()["placements"]
    return {
        "variant": name,
        "params": totals.params,
        "flops": totals.flops,
        "placements": placements,
    }


def _reduces(source: Source) -> str | None:
    if (reduces := source.values.get("reduces")) is None:
        return None
    return f"{reduces} (so says {source.study}; here measured on the test images)"


def _origin(source: Source, variants: Variants, look: Look) -> dict[str, Any]:
    scores = _scores(source, variants)
    return {
        "asks": look.asks,
        "study": source.study,
        "seed": source.seed,
        "against": look.against,
        "evaluated": source.evaluated if scores else None,
        "scores": scores or None,
        "parts": {part: list(names) for part, names in look.parts.items()} or None,
    }


def _scores(source: Source, variants: Variants) -> dict[str, float]:
    """Return what the source's architectures reached there, by the names of equal variants."""
    digests = {name: each.digest for name, each in source.architectures.items()}
    digests[BARE] = variants[BARE].digest
    reached = {digests[name]: score for name, score in source.scores.items()}
    return {name: reached[each.digest] for name, each in variants.items() if each.digest in reached}


def _execution(execution: Mapping[str, Any], look: Look) -> dict[str, Any]:
    return {"threads": execution.get("threads"), "keep_weights": look.keep_weights or None}


def _variant(name: str, architecture: Architecture) -> dict[str, Any]:
    return {"name": name, "placements": [_placement(item) for item in architecture.placements]}


def _placement(placement: Placement) -> dict[str, Any]:
    """Return a placement as a study file has it, without what it would have anyway."""
    known = attention.get(placement.module).hyperparameters
    usual = {item.name: item.default for item in known}
    said = {name: value for name, value in placement.options if usual.get(name) != value}
    table = {"slot": placement.slot, "at": placement.at, "module": placement.module}
    return {**table, "options": said} if said else table


def _without_nothing(value: Any) -> Any:
    """Return tables without keys that have no value: TOML knows no null."""
    if isinstance(value, Mapping):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None}
    return [_without_nothing(item) for item in value] if isinstance(value, list | tuple) else value

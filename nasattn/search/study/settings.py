"""The frozen study: every setting resolved, as ``study.toml`` in the run folder keeps it."""

from pathlib import Path
from typing import Any

import tomli_w
from pydantic import Field

from nasattn.data import DataSpec
from nasattn.errors import UserError
from nasattn.files import write_atomic
from nasattn.placement import Architecture, canonical
from nasattn.records.database import with_password, without_password
from nasattn.schema import Strict, read_toml, validate
from nasattn.search.pruners.key import PrunerKey
from nasattn.search.storage import absolute_url, default_url
from nasattn.search.study.durations import read_duration
from nasattn.search.study.study_file import Origin, Variant
from nasattn.training import Recipe

Scalar = bool | int | float | str


class FrozenSearch(Strict):
    """The sampler and pruner of a frozen study."""

    sampler: str
    pruner: PrunerKey
    exempt: float = 0.0
    max_trial_time: str | None = None

    @property
    def max_trial_seconds(self) -> float | None:
        """Return how long a trial may train; None where it may as long as it takes."""
        return read_duration(self.max_trial_time) if self.max_trial_time else None


class FrozenWeights(Strict):
    """The file of the backbone's initial weights, absolute, and the digest of its bytes."""

    path: str
    sha256: str


class FrozenExecution(Strict):
    """How a frozen study's trials are trained, and what is kept of them."""

    threads: int
    latency_batch_size: int = 1
    keep_checkpoints: bool = False
    keep_weights: bool = False


class Settings(Strict):
    """A frozen study.

    Attributes:
        space: The ``[[choice]]`` tables of its search space, empty for variants.
        weights: What the backbone's weights start from; None where they are drawn.
        budget: Absolute upper bounds by cost.
        cost_range: Least and largest cost over the study's architectures.
        artifacts: Where checkpoints are kept, a folder or ``s3://bucket/prefix``; None is the
            folder of each trial.
        data_digest: Identity of the images and labels.
        reduces: What the profile that it was made with reduces, in words.
        num_images: Images by split: trained on (``train``), measured on (``validation``), and
            kept apart or, with ``evaluate = "test"``, measured on (``test``).
        environment: Versions and hardware that the study was made with.
        origin: Where its variants come from; None where nobody said.
    """

    name: str
    objectives: tuple[str, ...]
    trials: int
    repeats: int
    seed: int
    evaluate: str
    storage: str | None = None
    artifacts: str | None = None
    reduces: str | None = None
    origin: Origin | None = None
    backbone: str
    backbone_args: dict[str, Scalar] = Field(default_factory=dict)
    input_shape: tuple[int, int, int]
    weights: FrozenWeights | None = None
    num_classes: int
    data_digest: str
    num_images: dict[str, int]
    budget: dict[str, int] = Field(default_factory=dict)
    data: DataSpec
    recipe: Recipe
    search: FrozenSearch
    execution: FrozenExecution
    cost_range: dict[str, tuple[int, int]]
    environment: dict[str, str]
    space: dict[str, Any] = Field(default_factory=dict)
    variant: tuple[Variant, ...] = ()

    def raised_to(self, other: "Settings") -> "Settings":
        """Return the study with the larger totals of this and the other; totals only grow."""
        totals = ("trials", "repeats")
        return self.model_copy(
            update={key: max(getattr(self, key), getattr(other, key)) for key in totals}
        )

    def save(self, folder: Path) -> None:
        """Write ``study.toml`` into a run folder, whole or not at all."""
        values = self.model_dump(mode="json", exclude_none=True)
        write_atomic(folder / "study.toml", tomli_w.dumps(values))

    @classmethod
    def load(cls, folder: Path) -> "Settings":
        """Read ``study.toml`` of a run folder.

        Raises:
            UserError: it is not there or damaged.
        """
        path = folder / "study.toml"
        return validate(cls, read_toml(path), str(path))

    @property
    def bare(self) -> Architecture:
        """The bare backbone, in canonical form."""
        return canonical(self.backbone, self.backbone_args, self.input_shape, ())


# What may differ between the file and the frozen study: the total may be raised, more or less
# be kept of trials to come; the rest says where the study was made or comes from, not what it is.
# The data's folder and the file of weights may move: their digests may not change. A storage may
# have another address elsewhere; `kept_in` looks after it. No number depends on who reads the
# images.
_FREE_TO_DIFFER = frozenset(
    {
        "trials",
        "environment",
        "storage",
        "artifacts",
        "reduces",
        "origin",
        "data.root",
        "data.workers",
        "weights.path",
        "execution.keep_checkpoints",
        "execution.keep_weights",
    }
)


def kept_in(settings: Settings, folder: Path, given: str | None) -> tuple[str, str]:
    """Return the URL of a study's storage, and the URL as messages may show it.

    Args:
        settings: The frozen study.
        folder: Its run folder.
        given: The URL as the user gave it, with a password if it needs one; left out that may
            be in the environment.

    Raises:
        UserError: ``given`` is another storage than the study's.
    """
    shown = settings.storage or default_url(folder)
    url = with_password(absolute_url(given) if given else shown)
    if without_password(url) != shown:
        raise UserError(
            f'study "{settings.name}" is kept in {shown}, not in {without_password(url)}; '
            "leave out --storage, or give another --name"
        )
    return url, shown


def check_same(frozen: Settings, now: Settings, place: str) -> None:
    """Refuse to go on with a study under other settings than it was made with.

    Variants may be trained with more seeds: that changes nothing in the trials there are.

    Raises:
        UserError: naming every setting that differs, its old and its new value.
    """
    old, new = (_flat(s.model_dump(mode="json", exclude_none=True)) for s in (frozen, now))
    free = _FREE_TO_DIFFER | ({"repeats"} if frozen.variant else set())
    changed = [
        f"{key} was {old.get(key, 'not set')!r}, now {new.get(key, 'not set')!r}"
        for key in sorted(old.keys() | new.keys())
        if not {key, key.partition(".")[0]} & free and old.get(key) != new.get(key)
    ]
    if changed:
        shown = "; ".join(changed[:4]) + (f"; and {len(changed) - 4} more" if changed[4:] else "")
        raise UserError(
            f'{place}: study "{frozen.name}" was made with other settings: {shown}; '
            "undo the change or give the study another --name"
        )


def _flat(values: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(values, dict):
        items = [(f"{prefix}.{key}" if prefix else str(key), v) for key, v in values.items()]
    elif isinstance(values, list) and any(isinstance(value, dict) for value in values):
        items = [(f"{prefix}[{number}]", value) for number, value in enumerate(values, 1)]
    else:
        return {prefix: values}
    return {key: leaf for name, value in items for key, leaf in _flat(value, name).items()}

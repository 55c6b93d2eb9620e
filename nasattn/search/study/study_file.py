"""The study file as the user writes it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from nasattn.attention import SlotKind
from nasattn.data import DataSpec
from nasattn.errors import UserError
from nasattn.placement import Placement
from nasattn.schema import Strict, read_toml, validate
from nasattn.search.pruners import NonePruner
from nasattn.search.pruners.key import PrunerKey
from nasattn.search.study.durations import check_duration
from nasattn.search.study.profile import with_profile
from nasattn.space import Budget
from nasattn.training import Recipe

Objective = Literal["accuracy", "params", "flops", "latency_ms"]
SamplerName = Literal["tpe", "nsga2", "gp", "cost-aware", "random", "grid", "variants", "single"]


class Search(Strict):
    """How architectures are proposed and when trials are stopped.

    Attributes:
        sampler: Who proposes.
        pruner: A name out of ``PRUNERS``, or a table of it with its settings. Variants are always
            trained to their end.
        exempt: The share of trials, drawn by the study's seed, that is trained to its end whatever
            the pruner says: ``nasattn savings`` judges it by them. Left out it is a twentieth where
            there is a pruner: where that saves half of the epochs, they cost a twentieth of the
            rest.
        max_trial_time: A trial that trains longer ends as pruned; the baseline never.
    """

    sampler: SamplerName = "tpe"
    pruner: PrunerKey = NonePruner()
    exempt: Annotated[float, Field(ge=0, lt=1)] | None = None
    max_trial_time: Annotated[str, AfterValidator(check_duration)] | None = None


class Execution(Strict):
    """How trials are trained besides the recipe, and what is kept of them.

    Attributes:
        threads: CPU threads of one trial; None is the machine's, at most four.
        latency_batch_size: Images in the batch that the objective ``latency_ms`` times.
        keep_checkpoints: Keep the last two checkpoints of a trial that has ended.
        keep_weights: Keep the weights of a trial that is complete, those that its accuracy was
            measured with.
    """

    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    latency_batch_size: Annotated[int, Field(ge=1)] = 1
    keep_checkpoints: bool = False
    keep_weights: bool = False


class VariantPlacement(Strict):
    """Placements of one module; ``at`` may be a pattern (``layer1.*``) over call sites."""

    slot: SlotKind
    at: str
    module: str
    options: dict[str, bool | int | float | str] = Field(default_factory=dict)

    def placement(self, at: str) -> Placement:
        """Return the placement at one call site."""
        return Placement(str(self.slot), at, self.module, tuple(sorted(self.options.items())))


class Variant(Strict):
    """One architecture written down by name."""

    name: Annotated[str, Field(min_length=1)]
    placements: tuple[VariantPlacement, ...] = ()


class Origin(Strict):
    """Where the variants of a study come from.

    Attributes:
        asks: What is asked of them: ``leave-one-out``, ``retrain``, …
        study: The study whose trials or variants they were, or the file of an architecture.
        seed: That study's seed, which this one must not have.
        against: The variant that the others are compared with; None is the bare backbone.
        evaluated: The split that ``scores`` were measured on.
        scores: What variants reached there, where that may be why they were chosen.
        parts: Of a factorial, by part, the variants that have it.
    """

    asks: str
    study: str
    seed: int | None = None
    against: str | None = None
    evaluated: Literal["validation", "test"] = "validation"
    scores: dict[str, float] = Field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class StudyFile(Strict):
    """A study: a search space or variants, with data, recipe, objectives and sampler.

    ``artifacts`` is where checkpoints are kept for other machines; ``reduces`` is what its
    profile does to it, in words.
    """

    name: str | None = None
    search_space: str | None = None
    variant: tuple[Variant, ...] = ()
    backbone: str | None = None
    backbone_args: dict[str, bool | int | float | str] = Field(default_factory=dict)
    input_shape: tuple[int, int, int] | None = None
    weights: str | None = None
    objectives: tuple[Objective, ...] = ("accuracy", "flops")
    trials: Annotated[int, Field(ge=1)] = 60
    repeats: Annotated[int, Field(ge=1)] = 1
    seed: Annotated[int, Field(ge=0)] = 0
    evaluate: Literal["validation", "test"] = "validation"
    storage: str | None = None
    artifacts: str | None = None
    reduces: str | None = None
    origin: Origin | None = None
    budget: Budget = Budget()
    data: DataSpec
    recipe: Recipe
    search: Search = Search()
    execution: Execution = Execution()

    @model_validator(mode="after")
    def _fits_together(self) -> "StudyFile":
        if (self.search_space is None) == (not self.variant):
            raise ValueError("give either search_space = FILE or [[variant]] tables")
        own = {"backbone", "backbone_args", "input_shape", "weights"} & self.model_fields_set
        if self.search_space is not None and own:
            raise ValueError(f"{', '.join(sorted(own))}: belongs into the search-space file")
        if self.variant and "trials" in self.model_fields_set:
            raise ValueError("trials follows from the variants and repeats; leave it out")
        if self.variant and self.backbone is None:
            raise ValueError("backbone is missing; variants need one")
        if self.objectives[:1] != ("accuracy",) or len(set(self.objectives)) < len(self.objectives):
            raise ValueError("objectives must begin with accuracy and name each once")
        self._check_search()
        return self

    def _check_search(self) -> None:
        if bool(self.variant) != (self.search.sampler in ("variants", "single")):
            raise ValueError('search.sampler = "variants" goes with [[variant]] tables, only')
        if self.search.sampler == "single" and len(self.variant) != 1:
            raise ValueError('search.sampler = "single" trains one [[variant]], without a baseline')
        if self.variant and self.search.pruner.name != "none":
            raise ValueError("search.pruner is for searches: variants are all trained to their end")
        if self.search.exempt and self.search.pruner.name == "none":
            raise ValueError("search.exempt is from a pruner, and search.pruner is none")
        if self.evaluate == "test" and not self.variant:
            raise ValueError('evaluate = "test" is for variants: no search may see the test set')
        if self.origin and self.origin.seed == self.seed:
            raise ValueError(
                f"seed {self.seed} is that of {self.origin.study}, which chose by it: give another"
            )
        names = [variant.name for variant in self.variant]
        if len(set(names)) < len(names):
            raise ValueError("two variants have the same name")


def read_study_file(
    path: Path, overrides: dict[str, Any], profile: str | None = None
) -> tuple[StudyFile, Path]:
    """Read a study, or a search space as the study that searches it with default settings.

    Args:
        path: A study file or a search-space file.
        overrides: From ``recipe.epochs`` to the value that replaces the file's.
        profile: One of the study's profiles, see ``with_profile``; the study's name tells of it.

    Returns:
        The study, and the folder that its paths are relative to.

    Raises:
        UserError: naming the file, the key, the value and what is allowed.
    """
    values = with_profile(read_toml(path), profile, str(path))
    if "choice" in values:
        values = {"name": path.stem, "search_space": path.name}
    if profile is not None:
        values["name"] = f"{values.get('name', path.stem)}_{profile}"
    for key, value in overrides.items():
        set_key(values, key, value)
    if "data" not in values and "search_space" in values:
        raise UserError(f"{path}: no data set is named; give --data digits, --data cifar10:DIR, …")
    values.setdefault("recipe", {})
    values.setdefault("name", path.stem)
    if values.get("variant"):
        search = values.setdefault("search", {})
        if isinstance(search, dict):
            search.setdefault("sampler", "variants")
    return validate(StudyFile, values, str(path)), path.parent


def set_key(values: dict[str, Any], key: str, value: Any) -> None:
    """Set ``recipe.epochs`` style keys in nested tables, in place.

    Raises:
        UserError: a part of the key names something that is no table.
    """
    *tables, last = key.split(".")
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise UserError(f"--set {key}: {table} is not a table")
    values[last] = value

"""From a study file to the frozen study and everything that a search needs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nasattn.backbones.weights import Weights, read_weights
from nasattn.cost import CostModel
from nasattn.data import DataSpec, Splits, load
from nasattn.errors import UserError
from nasattn.placement import Architecture
from nasattn.records.database import without_password
from nasattn.schema import read_toml, validate
from nasattn.search.artifacts import artifacts_address
from nasattn.search.storage import absolute_url
from nasattn.search.study.backbone import Backbone, backbone_of, check_start, check_trainable
from nasattn.search.study.catalogue import Catalogue, catalogue_of, space_of
from nasattn.search.study.commit import commit
from nasattn.search.study.environment import default_threads, environment
from nasattn.search.study.images import (
    data_digest,
    evaluated_splits,
    frozen_splits,
    num_images,
)
from nasattn.search.study.session import Session
from nasattn.search.study.settings import FrozenExecution, FrozenSearch, FrozenWeights, Settings
from nasattn.search.study.study_file import StudyFile
from nasattn.search.study.variants import architectures, total
from nasattn.space import COSTS, Space, SpaceFile, cost_range, intervals
from nasattn.training import resolve_recipe

_EXEMPT = 0.05


@dataclass(frozen=True, slots=True)
class Material(Catalogue):
    """What a frozen study works on.

    Attributes:
        splits: Its images.
        weights: What its backbone starts from; None where that is drawn.
    """

    splits: Splits
    weights: Weights | None

    def with_epochs(self, epochs: int | None) -> "Material":
        """Return the same with a recipe of more epochs; None leaves the recipe's."""
        if epochs is None:
            return self
        recipe = self.settings.recipe.model_copy(update={"epochs": epochs})
        settings = self.settings.model_copy(update={"recipe": recipe})
        return replace(self, settings=settings)


def freeze(
    file: StudyFile, folder: Path, place: str, session: Session, frozen: Settings | None
) -> Material:
    """Resolve every setting of a study file.

    Args:
        file: The study as the user wrote it.
        folder: What the path of the search space is relative to.
        place: The file's name, for errors.
        session: Where it will run; its check is called between the steps.
        frozen: The study as it was frozen before, if it was: what the file leaves open
            (threads, precision, storage, images in memory or streamed) is then taken from there.

    Raises:
        UserError: a file is missing or wrong, the space is empty, the data do not fit, the
            backbone cannot be trained on them, or its drawn weights are to be kept, or it or a
            variant is over the budget.
        StoppedError: the user asked to stop.
    """
    space_values = _space_values(file, folder)
    backbone = _backbone(file, space_values, folder, place)
    check_start(backbone, file.recipe, place)
    shape, arguments = backbone.input_shape, dict(backbone.arguments)
    space = space_of(space_values, str(file.search_space))
    weights = read_weights(backbone.weights) if backbone.weights else None
    _check_grid(file, space)
    data = _with_frozen_path(_with_absolute_root(file.data), frozen)
    session.check()
    splits = evaluated_splits(load(data, shape), data, file.evaluate)
    data = data.model_copy(update={"in_memory": splits.in_memory})
    classes = len(splits.classes)
    session.check()
    check_trainable(backbone, classes, weights)
    model = CostModel(backbone.name, arguments, shape, classes)
    variants = architectures(file.variant, backbone.name, arguments, shape)
    recipe = frozen.recipe if frozen and _same_but_auto(file, frozen) else file.recipe
    threads = file.execution.threads or (frozen and frozen.execution.threads) or default_threads()
    settings = Settings(
        name=file.name or "",
        objectives=file.objectives,
        trials=file.trials if space else _num_variants(file, variants) * file.repeats,
        repeats=file.repeats,
        seed=file.seed,
        evaluate=file.evaluate,
        storage=_storage(file.storage, frozen),
        artifacts=_artifacts(file.artifacts, frozen),
        reduces=file.reduces,
        origin=file.origin,
        backbone=backbone.name,
        backbone_args=arguments,
        input_shape=shape,
        weights=_frozen_weights(weights),
        num_classes=classes,
        data_digest=data_digest(splits),
        num_images=num_images(splits),
        budget=file.budget.bounds(model.base),
        data=data,
        recipe=resolve_recipe(recipe, session.device),
        search=FrozenSearch(
            sampler=file.search.sampler,
            pruner=file.search.pruner.resolved(file.recipe.epochs),
            exempt=_exempt(file, frozen),
            max_trial_time=file.search.max_trial_time,
        ),
        execution=FrozenExecution(
            threads=threads,
            keep_checkpoints=file.execution.keep_checkpoints,
            keep_weights=file.execution.keep_weights,
            latency_batch_size=file.execution.latency_batch_size,
        ),
        cost_range=_cost_range(space, variants, model),
        environment=environment(session.device) | commit(),
        space={"choice": space_values["choice"]} if space_values else {},
        variant=file.variant,
    )
    material = Material(settings, model, space, variants, splits, weights)
    _check_budget(material, place)
    return material


def thaw(settings: Settings, session: Session) -> Material:
    """Return what a frozen study works on, from its settings alone.

    Raises:
        UserError: the data set or the weights are not there any more or others, or the device
            cannot train in the study's precision.
        StoppedError: the user asked to stop.
    """
    shape, place = settings.input_shape, f'study "{settings.name}"'
    resolve_recipe(settings.recipe, session.device)
    splits = frozen_splits(settings)
    session.check()
    weights = _thawed_weights(settings, place)
    backbone = Backbone(settings.backbone, settings.backbone_args, shape, None)
    check_trainable(backbone, settings.num_classes, weights)
    found = catalogue_of(settings)
    return Material(settings, found.model, found.space, found.variants, splits, weights)


def _exempt(file: StudyFile, frozen: Settings | None) -> float:
    if file.search.exempt is not None:
        return file.search.exempt
    if frozen is not None:
        return frozen.search.exempt
    return 0.0 if file.search.pruner.name == "none" else _EXEMPT


def _frozen_weights(weights: Weights | None) -> FrozenWeights | None:
    return FrozenWeights(path=str(weights.path), sha256=weights.sha256) if weights else None


def _thawed_weights(settings: Settings, place: str) -> Weights | None:
    if settings.weights is None:
        return None
    weights = read_weights(Path(settings.weights.path))
    if weights.sha256 != settings.weights.sha256:
        raise UserError(f"{place}: the weights in {weights.path} have changed")
    return weights


def _num_variants(file: StudyFile, variants: Mapping[str, Architecture]) -> int:
    return 1 if file.search.sampler == "single" else total(variants)


def _storage(given: str | None, frozen: Settings | None) -> str | None:
    if given is None:
        return frozen.storage if frozen else None
    return without_password(absolute_url(given))


def _artifacts(given: str | None, frozen: Settings | None) -> str | None:
    if given is None:
        return frozen.artifacts if frozen else None
    return artifacts_address(given)


def _space_values(file: StudyFile, folder: Path) -> dict[str, Any] | None:
    return read_toml(folder / file.search_space) if file.search_space is not None else None


def _check_grid(file: StudyFile, space: Space | None) -> None:
    if space is not None and file.search.sampler == "grid" and (found := intervals(space)):
        raise UserError(
            f"the grid sampler needs values, not intervals: {', '.join(found)}; "
            f"list values in {file.search_space} or take another --sampler"
        )


def _backbone(
    file: StudyFile, space_values: dict[str, Any] | None, folder: Path, place: str
) -> Backbone:
    if space_values is None:
        return backbone_of(file, folder, place)
    space = str(file.search_space)
    return backbone_of(validate(SpaceFile, space_values, space), (folder / space).parent, space)


def _with_absolute_root(data: DataSpec) -> DataSpec:
    if data.root is None:
        return data
    return data.model_copy(update={"root": str(Path(data.root).expanduser().absolute())})


def _with_frozen_path(data: DataSpec, frozen: Settings | None) -> DataSpec:
    if frozen is None or data.in_memory != "auto":
        return data
    return data.model_copy(update={"in_memory": frozen.data.in_memory})


def _same_but_auto(file: StudyFile, frozen: Settings) -> bool:
    """Tell whether the recipes differ in nothing but the precision that was left to nasattn."""
    if file.recipe.precision != "auto":
        return False
    return file.recipe == frozen.recipe.model_copy(update={"precision": "auto"})


def _cost_range(
    space: Space | None, variants: Mapping[str, Architecture], model: CostModel
) -> dict[str, tuple[int, int]]:
    """Return the least and largest cost, the bare backbone included."""
    bare = {cost: getattr(model.base, cost) for cost in COSTS}
    if space is not None:
        ranges = cost_range(space, model)
    else:
        totals = [model.cost(architecture) for architecture in variants.values()]
        ranges = {
            cost: (min(values), max(values))
            for cost in COSTS
            if (values := [getattr(total, cost) for total in totals])
        }
    return {
        cost: (min(low, bare[cost]), max(high, bare[cost])) for cost, (low, high) in ranges.items()
    }


def _check_budget(material: Material, place: str) -> None:
    base, budget = material.model.base, material.settings.budget
    for cost, bound in budget.items():
        bare = getattr(base, cost)
        if bare > bound:
            raise UserError(
                f"{place}: budget.{cost} = {bound:,} is less than the bare backbone's {bare:,}"
            )
    for name, architecture in material.variants.items():
        if not material.allows(architecture):
            raise UserError(f'{place}: variant "{name}" is over the budget {budget}')

"""What a sampler may know of a study before anything is trained."""

from collections.abc import Mapping
from dataclasses import dataclass

from nasattn.cost import CostModel
from nasattn.search.study.settings import Settings
from nasattn.space import Space


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A search space with what its architectures cost and are wanted for.

    Attributes:
        space: The space.
        model: The cost model of its backbone.
        budget: Upper bounds by cost.
        costs: The objectives besides accuracy.
        cost_range: Least and largest of each cost that is known before training.
        epochs: Of a whole training.
        trials: The study's total.
    """

    space: Space
    model: CostModel
    budget: Mapping[str, int]
    costs: tuple[str, ...]
    cost_range: Mapping[str, tuple[float, float]]
    epochs: int
    trials: int


def problem_of(space: Space, model: CostModel, settings: Settings) -> Problem:
    """Return the problem of a frozen study with a search space."""
    return Problem(
        space=space,
        model=model,
        budget=settings.budget,
        costs=tuple(name for name in settings.objectives if name != "accuracy"),
        cost_range=settings.cost_range,
        epochs=settings.recipe.epochs,
        trials=settings.trials,
    )

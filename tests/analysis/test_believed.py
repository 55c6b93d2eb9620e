"""The believed front: nearer the truth than what was observed, and honest where it cannot tell."""

from pathlib import Path

import numpy as np
import pytest

from nasattn.analysis.believed import believed_front
from nasattn.errors import UserError
from nasattn.records import Study, Trial, load_study, load_trials
from nasattn.report.believed_page import believed_document, believed_page, believed_rows
from tests.studies import make_study, make_trial

SITES = ("layer1.0.add", "layer2.0.add", "layer3.0.add")
GAINS = {"se": 0.02, "eca": 0.01, "ortho": 0.0, "": 0.0}
EPOCHS = 4


def truth(modules: tuple[str, ...]) -> float:
    return 0.8 + sum(GAINS[module] for module in modules)


def made_up(num: int, noise: float, seed: int = 0) -> list[Trial]:
    """Make trials up whose mean accuracy is a sum over sites; costs grow with it."""
    chance = np.random.default_rng(seed)
    found = []
    for number in range(num):
        modules = tuple(chance.choice(list(GAINS), size=3)) if number else ("", "", "")
        placements = [
            {"slot": "block_end", "at": at, "module": module, "options": {}}
            for at, module in zip(SITES, modules, strict=True)
            if module
        ]
        final = float(np.clip(truth(modules) + noise * chance.normal(), 0, 1))
        length = EPOCHS if number % 3 or number < 6 else 2
        curve = [final - 0.1 * (EPOCHS - e) for e in range(1, length + 1)]
        found.append(
            make_trial(
                number,
                state="complete" if length == EPOCHS else "pruned",
                digest="".join(module[:1] or "-" for module in modules),
                accuracy=curve[-1],
                flops=int(800_000 + 2e6 * (truth(modules) - 0.8) + 10_000 * len(placements)),
                placements=tuple(placements),
                curve=tuple({"epoch": e, "accuracy": a} for e, a in enumerate(curve, 1)),
            )
        )
    return found


@pytest.fixture
def study(tmp_path: Path) -> Study:
    make_study(tmp_path, "one", made_up(45, 0.01))
    return load_study(tmp_path, "one")


def modules_of(trial: Trial) -> tuple[str, ...]:
    placed = {p["at"]: p["module"] for p in trial.placements}
    return tuple(placed.get(at, "") for at in SITES)


def test_means_are_nearer_the_truth_than_single_trainings(study: Study) -> None:
    found = believed_front(study, load_trials(study, curves=True))
    truths = np.array([truth(modules_of(b.result.trial)) for b in found.architectures])
    believed = np.array([b.mean for b in found.architectures])
    observed = np.array([b.result.trial.accuracy for b in found.architectures])
    assert np.abs(believed - truths).mean() < 0.7 * np.abs(observed - truths).mean()
    inside = [
        b.interval[0] <= wanted <= b.interval[1]
        for b, wanted in zip(found.architectures, truths, strict=True)
    ]
    assert np.mean(inside) > 0.8
    assert found.hypervolume is not None
    assert found.observed.hypervolume is not None
    # The luckiest are drawn back.
    assert found.hypervolume < found.observed.hypervolume
    assert found.fit.tells_apart
    assert found.fit.num_partial > 0


def test_the_reports_agree(study: Study) -> None:
    trials = load_trials(study, curves=True)
    found = believed_front(study, trials)
    document, rows = believed_document(study, found), believed_rows(found)
    page = "\n".join(believed_page(study, trials, found, None))
    members = [row["trial"] for row in rows if row["posterior_front"]]
    assert members == [row["trial"] for row in document["front"]] != []
    assert all(f"{100 * row['posterior_mean']:.2f}" in page for row in rows)
    assert "its architecture's mean" in page
    assert document["baseline"]["trial"] == 0
    fallen = [row["trial"] for row in document["observed_only"]]
    assert ("○" in page) == bool(fallen)


def test_where_nothing_differs_it_says_that_it_cannot_tell(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    same = []
    for trial in made_up(30, 0.0):
        final = 0.8 + 0.01 * chance.normal()
        curve = [{"epoch": e, "accuracy": final} for e in range(1, EPOCHS + 1)]
        same.append(trial.with_curve(curve))
    make_study(tmp_path, "one", same)
    study = load_study(tmp_path, "one")
    trials = load_trials(study, curves=True)
    found = believed_front(study, trials)
    assert not found.fit.tells_apart
    page = "\n".join(believed_page(study, trials, found, None))
    assert "it cannot tell these architectures apart" in page


def test_too_few_trials_are_an_error(tmp_path: Path) -> None:
    make_study(tmp_path, "one", made_up(3, 0.01))
    study = load_study(tmp_path, "one")
    with pytest.raises(UserError, match='needs 4 complete trials to learn from, study "one" has 3'):
        believed_front(study, load_trials(study, curves=True))


def test_accuracy_alone_is_an_objective_too(tmp_path: Path) -> None:
    make_study(tmp_path, "one", made_up(30, 0.01), objectives=["accuracy"])
    study = load_study(tmp_path, "one")
    found = believed_front(study, load_trials(study, curves=True))
    (best,) = {b.mean for b in found.members}
    assert best == max(b.mean for b in found.architectures)

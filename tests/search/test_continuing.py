"""A trial that is trained further is the one that a longer training makes, to the bit."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.errors import StoppedError, UserError
from nasattn.records import Trial
from nasattn.search.ledger.attempt import Attempt
from nasattn.search.ledger.pruned import PrunedError
from nasattn.search.trial.continuing import plan_again
from nasattn.training import Recipe, Training
from tests.search.steering import MULTISTEP, NAME, bits, front, resume, run, search, trials
from tests.search.tiny import STUDY, fail
from tests.studies import make_trial

SHORT = STUDY.replace("trials = 5", "trials = 3")
STEPPED = SHORT.replace("precision", MULTISTEP)
EPOCHS = Recipe(epochs=30)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return finished studies by schedule, and the same with twice the epochs from the start."""
    found = {}
    for name, study in {"cosine": SHORT, "multistep": STEPPED}.items():
        found[name] = tmp_path_factory.mktemp(name)
        search(found[name], "--keep-checkpoints", study=study)
        found[f"{name} 4"] = tmp_path_factory.mktemp(f"{name}-4")
        search(found[f"{name} 4"], "--epochs", 4, "--trials", 2, study=study)
    return found


@pytest.fixture(params=["cosine", "multistep"])
def schedule(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def home(homes: dict[str, Path], schedule: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(homes[schedule], tmp_path / "home"))


def test_to_more_epochs_it_is_the_training_of_so_many(
    home: Path, homes: dict[str, Path], schedule: str
) -> None:
    before = trials(home)
    said = resume(home, "--trial", 1, "--epochs", 4)
    assert "more than the recipe's 2" in said
    # Only a schedule that does not look ahead goes on from where the shorter one ended.
    assert ("trial 1 goes on after epoch 2 of 4" in said) == (schedule == "multistep")
    assert ("begins anew: a cosine schedule over 4 epochs" in said) == (schedule == "cosine")
    assert ", trained again: " not in said
    found = trials(home)
    assert [t for t in found if t["trial"] != 1] == [t for t in before if t["trial"] != 1]
    assert bits(found[1]) == bits(trials(homes[f"{schedule} 4"])[1])
    assert (found[1]["state"], found[1]["attempt"], found[1]["extended_to"]) == ("complete", 2, 4)
    assert 1 not in [member["trial"] for member in front(home)["front"]]
    table, _ = run("trials", NAME, "--runs-dir", home / "runs")
    assert "4/4" in table
    assert "(beyond the recipe's epochs: not on the front)" in table


@pytest.mark.slow
def test_as_the_recipe_says_it_is_what_it_was(home: Path) -> None:
    before = trials(home)
    resume(home, "--trial", 2, "--epochs", 4)
    said = resume(home, "--trial", 2)
    assert "trial 2 is complete: trained again as the recipe says" in said
    assert ", trained again: " not in said
    found = trials(home)
    assert (found[2]["attempt"], found[2]["extended_to"]) == (3, None)
    assert [bits(trial) for trial in found] == [bits(trial) for trial in before]


@contextmanager
def ended_at(epoch: int, error: Exception, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every training but the first end with ``error`` before it trains an epoch."""
    original, begun = Training.train_epoch, []

    def train_epoch(self: Training) -> Any:
        if not self.curve:
            begun.append(self)
        if len(self.curve) + 1 == epoch and len(begun) > 1:
            raise error
        return original(self)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "train_epoch", train_epoch)
        yield


def test_a_pruned_trial_gets_its_second_chance_from_its_checkpoint(
    homes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ended_at(2, PrunedError("hopeless"), monkeypatch):
        search(tmp_path, study=SHORT)
    undisturbed = trials(homes["cosine"])
    assert [t["state"] for t in trials(tmp_path)] == ["complete", "pruned", "pruned"]
    said = resume(tmp_path, "--trial", 2, "--trial", 1)
    assert said.index("trial 2 goes on after epoch 1 of 2") < said.index("trial 1 goes on after")
    found = trials(tmp_path)
    assert [t["by_hand"] for t in found] == [False, True, True]
    assert [t["state"] for t in found] == ["complete", "complete", "complete"]
    assert [bits(found[n]) for n in (0, 1, 2)] == [bits(undisturbed[n]) for n in (0, 1, 2)]
    assert front(tmp_path)["front"] != []


@pytest.mark.slow
def test_the_best_are_chosen_said_and_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search(tmp_path, study=SHORT)
    with ended_at(2, PrunedError("hopeless"), monkeypatch):
        search(tmp_path, "--trials", 7, study=SHORT)
    before = trials(tmp_path)
    assert [t["trial"] for t in before if t["state"] == "pruned"] == [4, 5, 6]
    said = resume(tmp_path, "--best", 2)
    after = trials(tmp_path)
    chosen = [t["trial"] for t in after if t["attempt"] == 2]
    assert f"{len(chosen)} of 3 paused or pruned trials, by the expected gain" in said
    assert 1 <= len(chosen) <= 2
    assert all(after[number]["state"] == "complete" for number in chosen)
    assert all(after[n] == before[n] for n in range(7) if n not in chosen)


@pytest.mark.slow
def test_a_failed_trial_is_trained_again(
    homes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ended_at(2, RuntimeError("a cosmic ray"), monkeypatch):
        search(tmp_path, study=SHORT)
    assert trials(tmp_path)[2]["state"] == "failed"
    said = resume(tmp_path, "--trial", 2)
    assert "trial 2 starts again from its beginning: no usable checkpoint" in said
    assert bits(trials(tmp_path)[2]) == bits(trials(homes["cosine"])[2])


@pytest.mark.slow
def test_interrupted_it_is_gone_on_with_to_its_epochs_and_nothing_else(
    homes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(shutil.copytree(homes["multistep"], tmp_path / "home"))
    original = Training.train_epoch

    def stopped(self: Training) -> Any:
        if len(self.curve) == 3:
            raise StoppedError("stopped")
        return original(self)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "train_epoch", stopped)
        words = ["resume", NAME, "--trial", "1", "--epochs", "4", "--runs-dir", str(home / "runs")]
        assert isinstance(CliRunner().invoke(app, words).exception, StoppedError)
    paused = trials(home)[1]
    assert (paused["state"], paused["epochs"], paused["extended_to"]) == ("paused", 3, 4)
    resume(home)
    found = trials(home)
    assert [trial["by_hand"] for trial in found] == [False, True, False]
    assert bits(found[1]) == bits(trials(homes["multistep 4"])[1])
    assert len(found) == 3


def attempt(**changes: Any) -> Attempt:
    with_frozen: Any = None
    return Attempt(make_trial(3, **({"epochs": 30} | changes)), with_frozen)


def planned(trial: Trial | Attempt, epochs: int | None, recipe: Recipe = EPOCHS) -> Any:
    (found,) = plan_again([trial], [3], epochs, recipe, has_baseline=True)  # type: ignore[list-item]
    return found


@pytest.mark.parametrize(
    ("state", "epochs", "schedule", "anew"),
    [
        ("pruned", None, "cosine", False),
        ("pruned", 60, "cosine", True),
        ("pruned", 60, "one-cycle", True),
        ("pruned", 60, "multistep", False),
        ("failed", None, "cosine", False),
        ("complete", None, "multistep", True),
        ("complete", 60, "multistep", False),
    ],
)
def test_what_was_trained_counts_where_the_schedule_is_the_same(
    state: str, epochs: int | None, schedule: str, *, anew: bool
) -> None:
    steps = {"milestones": (20,)} if schedule == "multistep" else {}
    recipe = Recipe.model_validate({"epochs": 30, "schedule": {"name": schedule, **steps}})
    found = planned(attempt(state=state), epochs, recipe)
    assert (found.from_its_beginning, found.extended_to) == (anew, epochs)


def test_an_interrupted_extension_keeps_its_epochs() -> None:
    found = planned(attempt(state="paused", epochs=50, extended_to=60), None)
    assert (found.from_its_beginning, found.extended_to) == (False, 60)


@pytest.mark.parametrize(
    ("changes", "epochs", "words"),
    [
        ({}, 30, "must be more than the recipe's 30"),
        ({}, 7, "must be more than the recipe's 30"),
        ({"epochs": 60, "extended_to": 60}, 60, "trial 3 has 60 epochs already"),
        ({"epochs": 60, "extended_to": 60}, 45, "trial 3 has 60 epochs already"),
        ({"state": "invalid", "reason": "hot"}, None, r"trial 3 is invalid \(hot\)"),
    ],
)
def test_what_cannot_be_continued_is_one_line(
    changes: dict[str, Any], epochs: int | None, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        planned(attempt(**changes), epochs)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--trial", 9), "no trial 9 in the study: its trials are 0 to 2"),
        (("--trial", 0, "--epochs", 9), "trial 0 is the baseline that all are compared with"),
        (("--epochs", 9), "--epochs 9: goes with --trial"),
        (("--trial", 1, "--best", 2), "--trial and --best: only one of them"),
        (("--best", 2, "--trials", 9), "--best and --trials: only one of them"),
        (("--best", 2), "no trial of the study is paused or pruned"),
    ],
)
def test_a_mistake_is_one_line_and_trains_nothing(
    homes: dict[str, Path], arguments: tuple[object, ...], words: str
) -> None:
    home = homes["cosine"]
    before = trials(home)
    assert words in fail("resume", NAME, *arguments, "--runs-dir", home / "runs")
    assert trials(home) == before

import tomllib

import pytest

from nasattn.errors import UserError
from nasattn.schema import validate
from nasattn.training import Optimizer, Recipe, Schedule


def message(text: str) -> str:
    with pytest.raises(UserError) as caught:
        validate(Recipe, tomllib.loads(text), "study.toml [recipe]")
    return str(caught.value)


def test_a_recipe_reads_as_a_study_writes_it() -> None:
    text = """
        epochs = 30
        batch_size = 128
        optimizer = { name = "sgd", lr = 0.1, momentum = 0.9, weight_decay = 5e-4 }
        schedule = { name = "cosine" }
        label_smoothing = 0.1
        augment = ["flip", "crop"]
        ema_decay = 0.96
        precision = "auto"
    """
    recipe = validate(Recipe, tomllib.loads(text), "study.toml")
    assert recipe.optimizer == Optimizer(lr=0.1, weight_decay=5e-4)
    assert recipe.augment == ("crop", "flip")


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(optimizer=Optimizer(name="adamw", lr=1e-3), ema_decay=0.9),
        Recipe(schedule=Schedule(name="multistep", milestones=(3, 6))),
        Recipe(
            schedule=Schedule(name="one-cycle"), clip_grad_norm=1, freeze_epochs=3, compile=True
        ),
    ],
)
def test_a_frozen_recipe_reads_back_as_itself(recipe: Recipe) -> None:
    for values in (recipe.model_dump(), recipe.model_dump(exclude_none=True)):
        assert Recipe.model_validate(values) == recipe


def test_what_is_left_out_is_filled_in_for_its_owner_only() -> None:
    assert (Optimizer().momentum, Optimizer().nesterov) == (0.9, False)
    assert (Optimizer(name="adam").momentum, Optimizer(name="adam").nesterov) == (None, None)
    assert Schedule(name="multistep", milestones=(1,)).gamma == 0.1
    assert Schedule().gamma is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'optimizer = { name = "adam", momentum = 0.9 }',
            'optimizer: momentum is for name = "sgd" only, but name is "adam"',
        ),
        (
            "optimizer = { momentum = 0.0, nesterov = true }",
            "optimizer: nesterov = true needs a momentum above 0",
        ),
        (
            "schedule = { gamma = 0.2 }",
            'schedule: gamma is for name = "multistep" only, but name is "cosine"',
        ),
        (
            "schedule = { pct_start = 0.2 }",
            'schedule: pct_start is for name = "one-cycle" only, but name is "cosine"',
        ),
        ("epochs = 3\nfreeze_epochs = 4", "freeze_epochs = 4 is more than epochs = 3"),
        (
            'schedule = { name = "multistep" }',
            'schedule: milestones = [], but "multistep" needs rising numbers of epochs, '
            "such as [30, 60, 90]",
        ),
        (
            'schedule = { name = "multistep", milestones = [6, 3] }',
            'schedule: milestones = [6, 3], but "multistep" needs rising numbers of epochs, '
            "such as [30, 60, 90]",
        ),
        (
            'epochs = 5\nschedule = { name = "multistep", milestones = [3, 6] }',
            "schedule.milestones reaches epoch 6, but must stay below epochs = 5",
        ),
        (
            "epochs = 2\nschedule = { warmup_epochs = 2.5 }",
            "schedule.warmup_epochs reaches epoch 2.5, but must stay below epochs = 2",
        ),
        (
            "epoch = 5",
            "unknown key epoch; known: augment, batch_size, channels_last, clip_grad_norm, "
            "compile, ema_decay, epochs, freeze_epochs, label_smoothing, mixup, optimizer, "
            'precision, schedule; did you mean "epochs"?',
        ),
        (
            "optimizer = { lrr = 0.1 }",
            "unknown key optimizer.lrr; known: decay_norms_and_biases, lr, momentum, name, "
            'nesterov, weight_decay; did you mean "lr"?',
        ),
    ],
)
def test_what_is_wrong_is_named(text: str, expected: str) -> None:
    assert message(text) == f"study.toml [recipe]: {expected}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("batch_size = 1", "batch_size = 1"),
        ("epochs = 0", "epochs = 0"),
        ("label_smoothing = 1.0", "label_smoothing = 1.0"),
        ("ema_decay = 1.0", "ema_decay = 1.0"),
        ("optimizer = { lr = 0 }", "optimizer.lr = 0"),
        ("clip_grad_norm = 0", "clip_grad_norm = 0"),
        ("freeze_epochs = -1", "freeze_epochs = -1"),
        ('schedule = { name = "one-cycle", pct_start = 1 }', "schedule.pct_start = 1"),
        ('schedule = { name = "one-cycle", div_factor = 0.5 }', "schedule.div_factor = 0.5"),
        ("optimizer = { lr = inf }", "optimizer.lr = inf"),
    ],
)
def test_numbers_out_of_range_are_named(text: str, place: str) -> None:
    assert message(text).startswith(f"study.toml [recipe]: {place}: ")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ('optimizer = { name = "sdg" }', "known: adam, adamw, sgd"),
        ('augment = ["crop", "rotate"]', "known: crop, flip, jitter, resized_crop, rotation"),
        ('schedule = { name = "step" }', "known: cosine, multistep, one-cycle"),
        ('precision = "fp64"', "known: auto, bf16, fp16, fp32"),
    ],
)
def test_unknown_words_are_answered_with_the_known(text: str, known: str) -> None:
    assert known in message(text)

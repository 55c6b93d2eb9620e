from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import count, pairwise

import pytest
import torch
from tiny_networks import Exploding, Gate, Pixels, Tiny, TwoHeads
from torch import nn

from nasattn.data import DataSpec, Splits, load
from nasattn.errors import FailedError, StoppedError, UserError
from nasattn.training import (
    WALL_CLOCK,
    Epoch,
    Optimizer,
    Recipe,
    deterministic,
    evaluate,
    train,
)

CPU = torch.device("cpu")
QUICK = Recipe(epochs=2, batch_size=32, optimizer=Optimizer(name="adam", lr=0.01), precision="fp32")


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load(DataSpec(name="fake"), (1, 12, 12))


def trained(
    network: nn.Module,
    splits: Splits,
    recipe: Recipe = QUICK,
    *,
    seed: int = 0,
    check: Callable[[], None] = lambda: None,
    device: torch.device = CPU,
) -> list[Epoch]:
    with deterministic(threads=1):
        return list(train(network, splits, recipe, seed=seed, device=device, check=check))


def tiny(**arguments: object) -> Tiny:
    torch.manual_seed(0)
    return Tiny(**arguments)  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("ema_decay", [None, 0.8])
def test_training_learns(splits: Splits, precision: str, ema_decay: float | None) -> None:
    changes = {"epochs": 12, "precision": precision, "ema_decay": ema_decay}
    curve = trained(tiny(), splits, QUICK.model_copy(update=changes))
    assert [epoch.epoch for epoch in curve] == list(range(1, 13))
    assert curve[-1].accuracy > 0.9
    assert curve[-1].train_accuracy > 0.9
    assert curve[-1].loss < curve[0].loss
    assert all(earlier.lr > later.lr for earlier, later in pairwise(curve))
    assert all(epoch.seconds > 0 for epoch in curve)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"augment": ("crop", "flip"), "label_smoothing": 0.1, "ema_decay": 0.9},
        {"precision": "bf16", "optimizer": Optimizer(nesterov=True, weight_decay=5e-4)},
    ],
)
def test_equal_seeds_give_bit_equal_curves_and_weights(
    splits: Splits, changes: dict[str, object]
) -> None:
    recipe = QUICK.model_copy(update=changes)
    networks = [tiny(dropout=0.3), tiny(dropout=0.3)]
    curves = []
    for number, network in enumerate(networks):
        torch.manual_seed(number)  # what the caller's generator does must not matter
        curves.append(trained(network, splits, recipe))
    assert curves[0] == curves[1]
    one, two = (network.state_dict() for network in networks)
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert trained(tiny(dropout=0.3), splits, recipe, seed=1) != curves[0]


def test_what_happens_between_epochs_does_not_matter(splits: Splits) -> None:
    undisturbed = trained(tiny(dropout=0.3), splits)
    disturbed = []
    with deterministic(threads=1):
        steps = train(tiny(dropout=0.3), splits, QUICK, seed=0, device=CPU, check=lambda: None)
        for epoch in steps:
            disturbed.append(epoch)
            torch.rand(3)
    assert disturbed == undisturbed


def test_training_leaves_the_callers_generator_alone(splits: Splits) -> None:
    network = tiny(dropout=0.5)
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    trained(network, splits)
    assert torch.equal(torch.rand(2), expected)


def test_different_architectures_see_the_same_images(splits: Splits) -> None:
    recipe = QUICK.model_copy(update={"augment": ("crop", "flip")})
    bare = Pixels(144)
    deep = nn.Sequential(Pixels(144, 16), nn.Dropout(0.5), nn.ReLU(), nn.Linear(16, 4))
    trained(bare, splits, recipe)
    trained(deep, splits, recipe)
    recorder = deep[0]
    assert isinstance(recorder, Pixels)
    assert len(bare.seen) == len(recorder.seen) == 2 * 14
    for one, two in zip(bare.seen, recorder.seen, strict=True):
        assert torch.equal(one, two)


def test_a_last_image_alone_is_left_out(splits: Splits) -> None:
    train_images = splits.train.take(torch.arange(33))
    network = Pixels(144)
    trained(network, replace(splits, train=train_images))
    assert [len(batch) for batch in network.seen] == [32, 32]


@pytest.mark.parametrize("ema_decay", [None, 0.9])
def test_the_network_left_behind_has_the_last_epochs_accuracy(
    splits: Splits, ema_decay: float | None
) -> None:
    recipe = QUICK.model_copy(update={"ema_decay": ema_decay})
    network = tiny()
    with deterministic(threads=1):
        steps = train(network, splits, recipe, seed=0, device=CPU, check=lambda: None)
        last = [next(steps) for _ in range(recipe.epochs)][-1]  # not run to its end
        scores = evaluate(network, splits.validation, splits, recipe, CPU)
    assert (scores.loss, scores.accuracy) == (last.validation_loss, last.accuracy)


def test_averaging_changes_no_training(splits: Splits) -> None:
    plain, averaged = (
        trained(tiny(), splits, QUICK.model_copy(update={"ema_decay": decay}))
        for decay in (None, 0.95)
    )
    assert [epoch.loss for epoch in plain] == [epoch.loss for epoch in averaged]
    assert [epoch.validation_loss for epoch in plain] != [
        epoch.validation_loss for epoch in averaged
    ]


def test_a_gate_helps_where_no_patch_tells() -> None:
    context = load(DataSpec(name="fake-context"), (1, 12, 15))
    recipe = QUICK.model_copy(update={"epochs": 10})
    plain, gated = (
        trained(tiny(num_classes=2, gate=gate), context, recipe) for gate in (nn.Identity, Gate)
    )
    assert plain[-1].accuracy < 0.7
    assert gated[-1].accuracy > 0.9


def test_several_outputs_are_trained_and_evaluated(splits: Splits) -> None:
    torch.manual_seed(0)
    assert trained(TwoHeads(), splits) == trained(tiny(), splits)


def test_a_loss_that_is_not_finite_fails_with_epoch_and_last_loss(splits: Splits) -> None:
    recipe = QUICK.model_copy(update={"epochs": 5, "optimizer": Optimizer(lr=1.0, momentum=0.0)})
    done: list[Epoch] = []
    curve = train(Exploding(20.0), splits, recipe, seed=0, device=CPU, check=lambda: None)
    with pytest.raises(FailedError) as caught:
        done.extend(curve)
    assert [epoch.epoch for epoch in done] == [1]
    words = str(caught.value).split("; the last finite loss was ")
    assert words[0] == "the loss in epoch 2 is not finite (inf)"
    assert -20 < float(words[1]) < -17


def test_a_loss_that_is_not_finite_from_the_start_says_so(splits: Splits) -> None:
    with pytest.raises(FailedError) as caught:
        trained(Exploding(-1.0), splits)
    assert str(caught.value) == (
        "the loss in epoch 1 is not finite (inf); the last finite loss was none"
    )


def test_a_validation_loss_that_is_not_finite_fails(splits: Splits) -> None:
    class NotInEvaluation(Tiny):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * (1.0 if self.training else torch.nan)

    with pytest.raises(FailedError, match=r"^the validation loss after epoch 1 is not finite"):
        trained(NotInEvaluation(), splits)


def test_a_check_ends_training_within_one_step(splits: Splits) -> None:
    for allowed in (0, 3, 14, 16, 20):  # in the first epoch, its evaluation, the second epoch
        calls = count(1)

        def check(calls: "count[int]" = calls, allowed: int = allowed) -> None:
            if next(calls) > allowed:
                raise StoppedError("asked to stop")

        network = Pixels(144)
        with pytest.raises(StoppedError):
            trained(network, splits, check=check)
        assert next(calls) == allowed + 2
        assert len(network.seen) <= allowed


def test_the_callers_splits_are_left_as_they_were(splits: Splits) -> None:
    before = splits.train.images.clone()
    trained(tiny(), splits, QUICK.model_copy(update={"augment": ("crop", "flip")}))
    assert torch.equal(splits.train.images, before)


def test_an_impossible_precision_is_refused_before_training(splits: Splits) -> None:
    with pytest.raises(UserError, match="fp16"):
        trained(tiny(), splits, QUICK.model_copy(update={"precision": "fp16"}))


def test_an_epoch_is_a_plain_record() -> None:
    epoch = Epoch(1, 0.5, 0.25, 0.75, 0.5, 0.1, 2.0, 32)
    assert list(asdict(epoch)) == [
        "epoch",
        "loss",
        "train_accuracy",
        "validation_loss",
        "accuracy",
        "lr",
        "seconds",
        "micro_batch",
        "eval_batch_size",
        "eval_images_per_second",
        "plain_accuracy",
    ]


def test_epochs_are_compared_without_the_clock() -> None:
    one = Epoch(1, 0.5, 0.25, 0.75, 0.5, 0.1, 2.0, 32, 64, 1000.0)
    assert one == replace(one, seconds=3.0, eval_images_per_second=900.0)
    assert one != replace(one, eval_batch_size=32)
    assert {"seconds", "eval_images_per_second"} == WALL_CLOCK


def test_every_epoch_has_the_throughput_of_its_evaluation(splits: Splits) -> None:
    curve = trained(tiny(), splits, QUICK.model_copy(update={"epochs": 2}))
    for epoch in curve:
        assert epoch.eval_batch_size == len(splits.validation), "images are small and few"
        # The evaluation is a part of the epoch.
        assert epoch.eval_images_per_second is not None
        assert epoch.eval_images_per_second > len(splits.validation) / epoch.seconds


def test_the_plain_accuracy_beside_the_averaged_one_is_that_without_averaging(
    splits: Splits,
) -> None:
    recipe = QUICK.model_copy(update={"epochs": 4})
    plain = trained(tiny(), splits, recipe)
    both = trained(tiny(), splits, recipe.model_copy(update={"ema_decay": 0.9}))
    assert [epoch.plain_accuracy for epoch in both] == [epoch.accuracy for epoch in plain]
    assert [epoch.accuracy for epoch in both] != [epoch.accuracy for epoch in plain]
    assert {epoch.plain_accuracy for epoch in plain} == {None}


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_cuda_learns_and_repeats_itself(splits: Splits, precision: str) -> None:
    device = torch.device("cuda:0")
    changes = {"epochs": 12, "precision": precision, "augment": ("crop",), "ema_decay": 0.8}
    recipe = QUICK.model_copy(update=changes)
    networks = [tiny(dropout=0.2), tiny(dropout=0.2)]
    curves = [trained(net, splits, recipe, device=device) for net in networks]
    assert curves[0] == curves[1]
    assert curves[0][-1].accuracy > 0.9
    one, two = (network.state_dict() for network in networks)
    assert all(torch.equal(one[key], two[key]) for key in one)


@pytest.mark.gpu
def test_cuda_sees_the_images_that_the_cpu_sees(splits: Splits) -> None:
    recipe = QUICK.model_copy(update={"epochs": 1, "augment": ("crop", "flip")})
    here, there = Pixels(144), Pixels(144)
    trained(here, splits, recipe)
    trained(there, splits, recipe, device=torch.device("cuda:0"))
    for one, two in zip(here.seen, there.seen, strict=True):
        assert torch.allclose(one, two.cpu(), atol=1e-6)


@pytest.mark.gpu
def test_no_step_waits_for_cuda(splits: Splits) -> None:
    """Only the end of an epoch may synchronise: torch raises wherever else it would."""
    device = torch.device("cuda:0")
    from nasattn.training.learner import Learner

    for precision in ("fp32", "bf16", "fp16"):
        changes = {"precision": precision, "ema_decay": 0.9, "clip_grad_norm": 1.0}
        recipe = QUICK.model_copy(update=changes)
        learner = Learner(tiny(), recipe, device)
        images = torch.randn(8, 1, 12, 12, device=device)
        labels = torch.arange(8, device=device) % 4
        learner.step(images, labels, 0.1)
        torch.cuda.set_sync_debug_mode("error")
        try:
            learner.step(images, labels, 0.1)
        finally:
            torch.cuda.set_sync_debug_mode("default")

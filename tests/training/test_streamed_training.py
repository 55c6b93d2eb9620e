"""Training on images that are streamed: the numbers of memory, and nothing left behind."""

import multiprocessing
from collections.abc import Callable
from itertools import count

import pytest
import torch
from tiny_networks import Tiny

from nasattn.data import DataSpec, load
from nasattn.errors import StoppedError
from nasattn.training import Epoch, Optimizer, Recipe, deterministic, train
from nasattn.training.augment import Jitter, ResizedCrop, Rotation

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")  # on one core

CPU = torch.device("cpu")
RECIPE = Recipe(
    epochs=2,
    batch_size=32,
    optimizer=Optimizer(name="adam", lr=0.01),
    precision="fp32",
    augment=(Jitter(), ResizedCrop(scale=(0.6, 1.0)), "flip", Rotation()),
    mixup=0.2,
)


def trained(
    check: Callable[[], None] = lambda: None, **data: object
) -> tuple[list[Epoch], dict[str, torch.Tensor]]:
    splits = load(DataSpec(name="fake", **data), (1, 12, 12))  # type: ignore[arg-type]  # a test's shorthand
    torch.manual_seed(0)
    network = Tiny(dropout=0.3)
    with deterministic(threads=1):
        curve = list(train(network, splits, RECIPE, seed=0, device=CPU, check=check))
    return curve, network.state_dict()


@pytest.mark.parametrize("workers", [0, 1])
def test_curves_and_weights_are_those_of_memory(workers: int) -> None:
    expected, weights = trained()
    curve, found = trained(in_memory=False, workers=workers)
    assert curve == expected
    assert all(torch.equal(found[key], weights[key]) for key in weights)


def test_stopping_within_an_epoch_leaves_no_process_behind() -> None:
    steps, seen = count(1), []

    def check() -> None:
        seen.append(len(multiprocessing.active_children()))
        if next(steps) == 4:
            raise StoppedError("stop")

    with pytest.raises(StoppedError):
        trained(check, in_memory=False, workers=1)
    assert seen == [1, 1, 1, 1]
    assert not multiprocessing.active_children()

"""A training that is left after any epoch and gone on with is the undisturbed one, to the bit."""

import io
import os
import random
import resource
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from tiny_networks import Tiny
from torch import Tensor, nn

from nasattn.data import DataSpec, Splits, load
from nasattn.errors import FailedError, StoppedError, WriteError
from nasattn.training import (
    Checkpoints,
    FolderShelf,
    Optimizer,
    Recipe,
    Training,
    deterministic,
    remove_checkpoints,
)
from nasattn.training import checkpoints as checkpoints_module
from nasattn.training.checkpoint import Checkpoint, UnusableError
from nasattn.training.snapshot import checksum

CPU = torch.device("cpu")
RECIPE = Recipe(epochs=4, batch_size=32, augment=("crop", "flip"), precision="fp32")
IDENTITY: Mapping[str, str | int] = {"architecture": "aaaa", "recipe": "bbbb", "seed": 0}
HERE = {"torch": str(torch.__version__)}


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load(DataSpec(name="fake", limit=96), (1, 12, 12))


@pytest.fixture(autouse=True)
def _deterministic() -> Iterator[None]:
    with deterministic(threads=1):
        yield


class Wayward(Tiny):
    """Carries state in every place that PyTorch has for it, and draws from every generator."""

    def __init__(self) -> None:
        super().__init__(dropout=0.3)
        self.register_buffer("hidden", torch.ones(()), persistent=False)
        self.own = torch.Generator().manual_seed(5)
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.calls += 1
            self.hidden.mul_(0.99)  # type: ignore[operator]  # a buffer
        in_numpy = numpy.random.rand()  # noqa: NPY002 - the global generator is the point
        noise = random.random() + float(in_numpy) + torch.rand((), generator=self.own)
        return super().forward(x) * self.hidden * (1 + 0.1 * noise) * (1 + 0.01 * self.calls)

    def get_extra_state(self) -> dict[str, int]:
        return {"calls": self.calls}

    def set_extra_state(self, state: dict[str, int]) -> None:
        self.calls = state["calls"]

    def __deepcopy__(self, memo: dict[int, Any]) -> "Wayward":
        raise AssertionError("only for recipes without averaged weights")


def begin(splits: Splits, recipe: Recipe = RECIPE, network: type[nn.Module] = Tiny) -> Training:
    torch.manual_seed(0)
    made = network(dropout=0.3) if network is Tiny else network()
    return Training(made, splits, recipe, seed=0, device=CPU, check=lambda: None)


def open_checkpoints(folder: Path, identity: Mapping[str, str | int] = IDENTITY) -> Checkpoints:
    return Checkpoints(FolderShelf(folder), identity, HERE)


def read(path: Path) -> Checkpoint:
    return Checkpoint.read(io.BytesIO(path.read_bytes()), IDENTITY)


def run(training: Training, folder: Path, epochs: int = 99) -> None:
    with open_checkpoints(folder) as kept:
        while not training.is_done and len(training.curve) < epochs:
            training.train_epoch()
            kept.keep(training)


def unused(text: str) -> None:
    raise AssertionError(text)


def go_on(training: Training, folder: Path) -> None:
    with open_checkpoints(folder) as kept:
        assert kept.restore(training, unused) is not None
        while not training.is_done:
            training.train_epoch()
            kept.keep(training)


def outcome(training: Training) -> tuple[list[tuple[float, ...]], str]:
    curve = [
        (e.epoch, e.loss, e.train_accuracy, e.validation_loss, e.accuracy, e.lr)
        for e in training.curve
    ]
    return curve, checksum(checkpoints_module.snapshot(training.state()["learner"]))


@pytest.mark.parametrize(
    ("changes", "network"),
    [
        ({"optimizer": Optimizer(name="adamw", lr=0.01), "ema_decay": 0.9}, Tiny),
        ({"optimizer": Optimizer(nesterov=True, weight_decay=5e-4), "precision": "bf16"}, Tiny),
        ({"label_smoothing": 0.1, "ema_decay": 0.8, "precision": "bf16"}, Tiny),
        ({}, Wayward),
    ],
)
def test_left_after_any_epoch_it_ends_in_the_same_bits(
    splits: Splits, tmp_path: Path, changes: dict[str, object], network: type[nn.Module]
) -> None:
    recipe = RECIPE.model_copy(update=changes)
    undisturbed = begin(splits, recipe, network)
    run(undisturbed, tmp_path / "undisturbed")
    for epochs in range(1, RECIPE.epochs + 1):
        folder = tmp_path / str(epochs)
        run(begin(splits, recipe, network), folder, epochs)
        random.seed(epochs)  # what the caller's generators do must not matter
        torch.manual_seed(epochs)
        again = begin(splits, recipe, network)
        go_on(again, folder)
        assert outcome(again) == outcome(undisturbed)


def test_the_newest_two_are_kept_and_load_as_weights_only(splits: Splits, tmp_path: Path) -> None:
    run(begin(splits), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint.previous.pt", "checkpoint.pt"]
    curves = [
        torch.load(tmp_path / name, weights_only=True)["state"]["curve"]
        for name in ("checkpoint.previous.pt", "checkpoint.pt")
    ]
    assert [len(curve) for curve in curves] == [3, 4]
    remove_checkpoints(tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_a_killed_writer_left_is_taken_away(splits: Splits, tmp_path: Path) -> None:
    litter = tmp_path / ".checkpoint.pt.x7_tq2"
    litter.write_bytes(b"half")
    run(begin(splits), tmp_path, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2000])


def flip(path: Path) -> None:
    state = torch.load(path, weights_only=True)["state"]
    weights = state["learner"]["network"]["tensors"]["fc.weight"].numpy()
    content = bytearray(path.read_bytes())
    content[content.index(weights.tobytes()) + 100] ^= 16
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other_content(path: Path) -> None:
    torch.save([1, 2, 3], path)


@pytest.mark.parametrize("damage", [cut, flip, empty, other_content])
def test_a_damaged_checkpoint_is_refused_by_name_and_the_one_before_it_used(
    splits: Splits, tmp_path: Path, damage: Any
) -> None:
    undisturbed = begin(splits)
    run(undisturbed, tmp_path, 3)
    damage(tmp_path / "checkpoint.pt")
    refused: list[str] = []
    again = begin(splits)
    with open_checkpoints(tmp_path) as kept:
        assert kept.restore(again, refused.append) is not None
        assert len(again.curve) == 2
        (words,) = refused
        assert words.startswith(
            f"checkpoint {tmp_path / 'checkpoint.pt'} is not used: it is damaged"
        )
        again.train_epoch()
        kept.keep(again)
    assert outcome(again) == outcome(undisturbed)
    # What was refused has not taken the good one's place.
    kept_epochs = [
        len(read(tmp_path / name).state["curve"])
        for name in ("checkpoint.previous.pt", "checkpoint.pt")
    ]
    assert kept_epochs == [2, 3]


@pytest.mark.parametrize("key", list(IDENTITY))
def test_a_foreign_checkpoint_is_refused_and_nothing_of_it_taken(
    splits: Splits, tmp_path: Path, key: str
) -> None:
    run(begin(splits), tmp_path, 2)
    refused: list[str] = []
    again, fresh = begin(splits), begin(splits)
    with open_checkpoints(tmp_path, {**IDENTITY, key: "other"}) as kept:
        assert kept.restore(again, refused.append) is None
    assert [f"its {key} is {IDENTITY[key]}, this one's other" in words for words in refused] == [
        True,
        True,
    ]
    assert outcome(again) == outcome(fresh)


def test_a_checkpoint_of_a_network_that_was_edited_is_refused(
    splits: Splits, tmp_path: Path
) -> None:
    run(begin(splits), tmp_path, 1)

    class Wider(Tiny):
        def __init__(self) -> None:
            super().__init__(width=9)

    refused: list[str] = []
    again, fresh = begin(splits, network=Wider), begin(splits, network=Wider)
    with open_checkpoints(tmp_path) as kept:
        assert kept.restore(again, refused.append) is None
    assert "conv1.weight is float32 of shape (8, 1, 3, 3), in the network" in refused[0]
    assert outcome(again) == outcome(fresh)


@pytest.mark.slow
def test_no_flipped_bit_is_taken_for_the_truth(splits: Splits, tmp_path: Path) -> None:
    run(begin(splits), tmp_path, 1)
    path = tmp_path / "checkpoint.pt"
    content = path.read_bytes()
    truth = checksum(read(path).state)
    chance, refused = random.Random(0), 0
    for _ in range(500):
        flipped = bytearray(content)
        flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        try:
            assert checksum(read(path).state) == truth  # only padding
        except UnusableError:
            refused += 1
    assert refused > 200


def test_a_disk_that_takes_no_more_is_told_and_the_one_before_stays(
    splits: Splits, tmp_path: Path
) -> None:
    run(begin(splits), tmp_path, 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit on the size of files stands for the full disk: writes fail for real, without root.
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(WriteError, match=r"cannot write .*checkpoint\.pt"):
            go_on(begin(splits), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    again = begin(splits)
    with open_checkpoints(tmp_path) as kept:
        assert kept.restore(again, unused) is not None
    assert len(again.curve) == 1


def test_what_another_worker_has_swept_away_while_it_was_written_ends_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = FolderShelf(tmp_path)
    shelf.put(memoryview(b"one"), 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: remove_checkpoints(tmp_path))
        shelf.put(memoryview(b"two"), 2)
    assert not list(tmp_path.iterdir())
    shelf.put(memoryview(b"three"), 3)
    assert [kept.open().read() for kept in shelf.found()] == [b"three"]


def test_all_is_written_when_a_training_is_stopped(splits: Splits, tmp_path: Path) -> None:
    training = begin(splits)

    def stopped() -> None:
        with open_checkpoints(tmp_path) as kept:
            training.train_epoch()
            kept.keep(training)
            raise StoppedError("asked to")

    with pytest.raises(StoppedError):
        stopped()
    again = begin(splits)
    go_on(again, tmp_path)
    run(training, tmp_path)
    assert outcome(again) == outcome(training)


def test_writing_goes_on_beside_the_training(
    splits: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, may_write = FolderShelf.put, threading.Event()

    def waiting(shelf: FolderShelf, content: memoryview, epoch: int) -> None:
        assert may_write.wait(60)
        put(shelf, content, epoch)

    monkeypatch.setattr(FolderShelf, "put", waiting)
    training = begin(splits)
    training.train_epoch()
    with open_checkpoints(tmp_path) as kept:
        kept.keep(training)
        training.train_epoch()  # changes every weight before they are written
        assert not list(tmp_path.iterdir())
        may_write.set()
    again = begin(splits)
    go_on(again, tmp_path)
    run(training, tmp_path)
    assert outcome(again) == outcome(training)


def test_own_state_that_no_file_can_hold_is_named(splits: Splits, tmp_path: Path) -> None:
    class Odd(Tiny):
        def get_extra_state(self) -> object:
            return {"a": object()}

    training = begin(splits, network=Odd)
    training.train_epoch()
    with pytest.raises(FailedError, match="cannot hold object"), open_checkpoints(tmp_path) as kept:
        kept.keep(training)


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_cuda_goes_on_to_the_same_bits(splits: Splits, tmp_path: Path, precision: str) -> None:
    recipe = RECIPE.model_copy(update={"precision": precision, "ema_decay": 0.9})

    def on_cuda() -> Training:
        torch.manual_seed(0)
        device = torch.device("cuda:0")
        return Training(Tiny(dropout=0.3), splits, recipe, seed=0, device=device, check=list)

    undisturbed, again = on_cuda(), on_cuda()
    run(undisturbed, tmp_path / "undisturbed")
    run(on_cuda(), tmp_path, 2)
    go_on(again, tmp_path)
    assert outcome(again) == outcome(undisturbed)

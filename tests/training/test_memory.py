"""Where memory runs out: a module asks the real allocator for more than any machine has."""

import weakref
from copy import deepcopy

import pytest
import torch
from tiny_networks import Penalised, Tiny
from torch import Tensor, nn

from nasattn.data import DataSpec, Images, load
from nasattn.errors import FailedError
from nasattn.training import Optimizer, Recipe, deterministic, evaluate, train
from nasattn.training.learner import Learner
from nasattn.training.memory import halving, is_out_of_memory, num_parts

CPU = torch.device("cpu")
STEP = Optimizer(lr=0.5, momentum=0.0)
PLAIN = Recipe(precision="fp32", batch_size=32, optimizer=STEP, channels_last=False)
IMAGES, LABELS = torch.randn(32, 1, 8, 8), torch.arange(32) % 4


class Greedy(nn.Module):
    """Has memory for so many images; sits at the end, after all that a step changes."""

    def __init__(self, limit: int, *, backwards: bool = False) -> None:
        super().__init__()
        self.limit, self.backwards = limit, backwards
        self.seen: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(len(x))
        if self.backwards and x.requires_grad:
            x.register_hook(lambda gradient: self._ask(len(gradient)))
        else:
            self._ask(len(x))
        return x

    def _ask(self, count: int) -> None:
        if count > self.limit:
            torch.empty(1 << 60)


class Haunted(nn.Module):
    """Fails on its first call, and looks in the next whether the features are still there."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.features: weakref.ref[Tensor] | None = None
        self.found_alive: list[bool] = []

    def forward(self, x: Tensor) -> Tensor:
        if self.features is not None:
            self.found_alive.append(self.features() is not None)
        features: Tensor = self.network(x)
        self.features = weakref.ref(features)
        if not self.found_alive:
            torch.empty(1 << 60)
        return features


def normless(**arguments: object) -> Tiny:
    torch.manual_seed(0)
    network = Tiny(**arguments)  # type: ignore[arg-type]  # a test's shorthand
    network.bn1 = network.bn2 = nn.Identity()  # type: ignore[assignment]  # that is the test
    return network


def with_memory_for(network: nn.Module, limit: int, *, backwards: bool = False) -> nn.Module:
    return nn.Sequential(deepcopy(network), Greedy(limit, backwards=backwards))


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({}, nn.Identity),
        ({"label_smoothing": 0.1}, Penalised),
        ({"clip_grad_norm": 0.1}, nn.Identity),
        ({"ema_decay": 0.5}, nn.Identity),
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("labels", [LABELS, torch.eye(4)[LABELS] * 0.7 + 0.075])
def test_without_norms_a_step_in_parts_is_the_whole_step(
    changes: dict[str, object], gate: type[nn.Module], labels: Tensor, *, backwards: bool
) -> None:
    recipe, network = PLAIN.model_copy(update=changes), normless(gate=gate)
    whole = Learner(deepcopy(network), recipe, CPU)
    parts = Learner(with_memory_for(network, 5, backwards=backwards), recipe, CPU)
    for count in (32, 32, 31):
        expected, hits = whole.step(IMAGES[:count], labels[:count], 0.5)
        loss, found = parts.step(IMAGES[:count], labels[:count], 0.5)
        assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
        assert found == hits
    assert (whole.micro_batch, parts.micro_batch) == (32, 4)
    inner = parts.evaluated[0]  # type: ignore[index]  # it is a Sequential
    for one, two in zip(whole.evaluated.parameters(), inner.parameters(), strict=True):
        assert torch.allclose(one, two, rtol=1e-4, atol=1e-6)


def test_memory_is_asked_for_once_a_size() -> None:
    network = with_memory_for(normless(), 9)
    learner = Learner(network, PLAIN, CPU)
    learner.step(IMAGES, LABELS, 0.1)
    learner.step(IMAGES[:20], LABELS[:20], 0.1)
    assert network[1].seen == [32, 16, 8, 8, 8, 8, 7, 7, 6]  # type: ignore[index, union-attr]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_step_that_failed_leaves_nothing_behind(*, backwards: bool) -> None:
    """Statistics, dropout and weights are those of a learner that knew the size at once."""
    torch.manual_seed(0)
    network = Tiny(dropout=0.5)
    results = []
    for limit, micro_batch in ((8, 32), (32, 8)):
        recipe = PLAIN.model_copy(update={"ema_decay": 0.5})
        learner = Learner(with_memory_for(network, limit, backwards=backwards), recipe, CPU)
        learner.micro_batch = micro_batch
        torch.manual_seed(1)
        loss, hits = learner.step(IMAGES, LABELS, 0.1)
        results.append([loss, hits, torch.rand(1), *learner.network.state_dict().values()])
        assert learner.micro_batch == 8
    assert all(torch.equal(one, two) for one, two in zip(*results, strict=True))
    assert learner.network[0].bn1.num_batches_tracked == 4  # type: ignore[index, union-attr]


def test_when_a_step_is_tried_again_the_memory_of_the_first_try_is_free() -> None:
    network = Haunted(normless())
    Learner(network, PLAIN, CPU).step(IMAGES, LABELS, 0.1)
    assert network.found_alive == [False, False]


def test_memory_for_two_images_is_too_little_to_halve() -> None:
    learner = Learner(with_memory_for(normless(), 1), PLAIN, CPU)
    with pytest.raises(FailedError) as caught:
        learner.step(IMAGES, LABELS, 0.1)
    message = str(caught.value)
    assert message.startswith("out of memory even with 2 images at a time: ")
    assert "\n" not in message
    assert all(parameter.grad is None for parameter in learner.network.parameters())


def test_no_part_is_a_single_image() -> None:
    for count in range(2, 40):
        for size in range(2, 40):
            parts = [len(part) for part in torch.empty(count).tensor_split(num_parts(count, size))]
            assert sum(parts) == count
            assert min(parts) >= 2
            assert max(parts) <= max(size, 3)


@pytest.mark.parametrize(
    ("error", "memory"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_only_memory_is_a_reason_to_halve(error: Exception, *, memory: bool) -> None:
    assert is_out_of_memory(error) == memory

    def run(size: int) -> int:
        if size > 3:
            raise error
        return size

    if memory:
        assert halving(run, 20, smallest=1) == (3, 3)
    else:
        with pytest.raises(type(error)):
            halving(run, 20, smallest=1)


def test_a_training_goes_on_in_parts_and_says_so() -> None:
    splits = load(DataSpec(name="fake"), (1, 12, 12))
    recipe = PLAIN.model_copy(update={"epochs": 2})
    curves = []
    for limit in (1000, 8):
        torch.manual_seed(0)
        network = with_memory_for(normless(), limit)
        with deterministic(threads=1):
            steps = train(network, splits, recipe, seed=0, device=CPU, check=lambda: None)
            curves.append(list(steps))
    assert [[epoch.micro_batch for epoch in curve] for curve in curves] == [[32, 32], [8, 8]]
    for one, two in zip(*curves, strict=True):
        assert one.loss == pytest.approx(two.loss, rel=1e-3)
        assert one.validation_loss == pytest.approx(two.validation_loss, rel=1e-3)


def test_an_evaluation_in_parts_is_the_whole_evaluation() -> None:
    splits = load(DataSpec(name="fake"), (1, 12, 12))
    images = Images(splits.validation.images[:50], splits.validation.labels[:50])
    network = normless()
    expected = evaluate(network, images, splits, PLAIN, CPU)
    greedy = with_memory_for(network, 9)
    found = evaluate(greedy, images, splits, PLAIN, CPU)
    assert found.accuracy == expected.accuracy
    assert found.loss == pytest.approx(expected.loss, rel=1e-5)
    assert greedy.training
    with pytest.raises(FailedError, match="out of memory"):
        evaluate(with_memory_for(network, 1), images, splits, PLAIN, CPU)

import pytest
import torch
from tiny_networks import Tiny
from torch import nn
from torch.nn import functional as F

from nasattn.data import DataSpec, Images, Splits, load
from nasattn.errors import StoppedError
from nasattn.training import Recipe, evaluate

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load(DataSpec(name="fake"), (1, 12, 12))


@pytest.fixture
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let twice the recipe's batch go through at a time, however small the images."""
    monkeypatch.setattr("nasattn.training.evaluation._MOST_IMAGES", 1)


@pytest.mark.usefixtures("few_at_a_time")
def test_scores_are_those_of_all_images_at_once(splits: Splits) -> None:
    network = Tiny().eval()
    images = splits.test.images.float() / 255
    outputs = network((images - splits.mean[0]) / splits.std[0])
    scores = evaluate(network, splits.test, splits, Recipe(precision="fp32", batch_size=7), CPU)
    assert scores.loss == pytest.approx(F.cross_entropy(outputs, splits.test.labels).item())
    hits = (outputs.argmax(1) == splits.test.labels).double()
    assert scores.accuracy == pytest.approx(hits.mean().item())


def test_smoothing_is_for_training_only(splits: Splits) -> None:
    network = Tiny()
    plain, smooth = (
        evaluate(network, splits.test, splits, Recipe(label_smoothing=share), CPU)
        for share in (0.0, 0.3)
    )
    assert plain == smooth


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_left_as_it_was(splits: Splits, *, training: bool) -> None:
    network = Tiny(dropout=0.5).train(training)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    first, second = (evaluate(network, splits.test, splits, Recipe(), CPU) for _ in range(2))
    assert first == second
    assert network.training is training
    assert all(torch.equal(network.state_dict()[key], before[key]) for key in before)


def test_a_check_ends_it(splits: Splits) -> None:
    def check() -> None:
        raise StoppedError("stop")

    network = Tiny()
    with pytest.raises(StoppedError):
        evaluate(network, splits.test, splits, Recipe(), CPU, check=check)
    assert network.training


def test_a_constant_network_scores_the_share_of_its_class(splits: Splits) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(144, 4))
    nn.init.zeros_(network[1].weight)
    network[1].bias.data = torch.tensor([0.0, 1.0, 0.0, 0.0])
    scores = evaluate(network, splits.test, splits, Recipe(), CPU)
    assert scores.accuracy == (splits.test.labels == 1).double().mean().item()


class Slow(Tiny):
    """Takes a second of a clock for every batch, and cannot take a large one."""

    def __init__(self, largest: int) -> None:
        super().__init__()
        self.clock, self.largest = 0.0, largest

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.clock += 1
        if len(images) > self.largest:
            raise torch.OutOfMemoryError("out of memory")
        return super().forward(images)


@pytest.mark.usefixtures("few_at_a_time")
@pytest.mark.parametrize(("largest", "batch", "seconds"), [(120, 60, 2), (30, 30, 4), (20, 15, 8)])
def test_throughput_is_that_of_the_pass_that_came_through(
    splits: Splits, monkeypatch: pytest.MonkeyPatch, largest: int, batch: int, seconds: int
) -> None:
    network = Slow(largest)
    monkeypatch.setattr("nasattn.training.evaluation.perf_counter", lambda: network.clock)
    scores = evaluate(network, splits.test, splits, Recipe(batch_size=30), CPU)
    assert (scores.batch_size, scores.images_per_second) == (batch, 120 / seconds)


@pytest.mark.parametrize(
    ("count", "batch", "side", "wanted"),
    [
        (2100, 4, 8, 1024),
        (2100, 64, 8, 1024),
        (2100, 1024, 8, 2048),
        (600, 4, 32, 256),
        (600, 256, 32, 512),
        (9, 4, 224, 8),
        (3, 4, 8, 3),
        (1, 4, 8, 1),
    ],
)
def test_of_small_images_more_go_through_at_a_time(
    splits: Splits, count: int, batch: int, side: int, wanted: int
) -> None:
    images = Images(torch.zeros(count, 1, side, side, dtype=torch.uint8), torch.zeros(count).long())
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 2))
    scores = evaluate(network, images, splits, Recipe(batch_size=batch), CPU)
    assert scores.batch_size == wanted

import pytest
import torch
from samples import same_distribution
from tiny_networks import Tiny
from torch.nn import functional as F
from torchvision.transforms import v2

from nasattn.training import Optimizer, Recipe
from nasattn.training.augment import draw_shares, mixed
from nasattn.training.learner import Learner

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_are_the_larger_part_of_a_beta_draw(alpha: float) -> None:
    shares = draw_shares(4000, alpha, generator())
    torch.manual_seed(1)
    parts = torch.distributions.Beta(alpha, alpha).sample((4000,))
    assert same_distribution(shares, torch.maximum(parts, 1 - parts))
    assert shares.min() >= 0.5
    assert shares.max() <= 1


def test_mixtures_are_those_of_torchvision_with_the_same_shares() -> None:
    images, labels = torch.rand(6, 3, 5, 4, generator=generator()), torch.tensor([0, 1, 2, 0, 1, 1])
    theirs = v2.MixUp(num_classes=3)
    pixels, targets = mixed(images, labels, torch.full((6,), 0.7), 3)
    params = {"lam": 0.7, "labels": labels, "batch_size": 6}
    assert torch.allclose(pixels, theirs.transform(images, params))
    assert torch.allclose(targets, theirs.transform(labels, params))


def test_as_alpha_goes_to_0_nothing_is_mixed() -> None:
    images, labels = torch.rand(50, 3, 4, 4, generator=generator()), torch.arange(50) % 4
    pixels, targets = mixed(images, labels, draw_shares(50, 1e-7, generator()), 4)
    assert torch.allclose(pixels, images)
    assert torch.allclose(targets, F.one_hot(labels, 4).float())
    pixels, targets = mixed(images, labels, torch.ones(50), 4)
    assert torch.equal(pixels, images)
    assert torch.equal(targets, F.one_hot(labels, 4).float())


@pytest.mark.parametrize("memory", [torch.channels_last, torch.contiguous_format])
def test_targets_are_shares_of_the_classes(memory: torch.memory_format) -> None:
    images = torch.rand(64, 3, 4, 4, generator=generator()).contiguous(memory_format=memory)
    labels = torch.randint(0, 5, (64,), generator=generator())
    shares = draw_shares(64, 1.0, generator())
    pixels, targets = mixed(images, labels, shares, 5)
    assert torch.allclose(targets.sum(1), torch.ones(64))
    assert torch.equal(targets.argmax(1), labels)
    assert torch.allclose(targets.amax(1), torch.where(labels == labels.roll(1), 1.0, shares))
    assert pixels.is_contiguous(memory_format=memory)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_that_of_both_labels_by_their_weights(smoothing: float) -> None:
    plain = Recipe(
        precision="fp32",
        optimizer=Optimizer(lr=1.0, momentum=0.0),
        channels_last=False,
        label_smoothing=smoothing,
    )
    images, labels = (
        torch.randn(6, 1, 8, 8, generator=generator()),
        torch.tensor([0, 1, 2, 3, 0, 1]),
    )
    shares = draw_shares(6, 1.0, generator())
    pixels, targets = mixed(images, labels, shares, 4)
    network = Tiny()
    with torch.no_grad():
        logits = network(pixels)
    loss, hits = Learner(network, plain, CPU).step(pixels, targets, lr=0.1)
    weighted = [
        share.double() * F.cross_entropy(logit.double(), own, label_smoothing=smoothing)
        + (1 - share.double()) * F.cross_entropy(logit.double(), other, label_smoothing=smoothing)
        for logit, own, other, share in zip(logits, labels, labels.roll(1), shares, strict=True)
    ]
    assert loss.item() == pytest.approx(torch.stack(weighted).mean().item(), rel=1e-5)
    assert hits.item() == (logits.argmax(1) == labels).sum().item()

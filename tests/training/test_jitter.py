from itertools import permutations

import pytest
import torch
from samples import same_distribution
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as vision

from nasattn.training.augment import Jitter
from nasattn.training.augment.jitter import Jitters, draw_jitters, jittered

ADJUST = (vision.adjust_brightness, vision.adjust_contrast, vision.adjust_saturation)
# torchvision's weights of red, green and blue are rounded to four digits: 0.03 of 255.
NEAR = 0.05


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def pixels(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator())


def stages(factors: tuple[float, ...], order: tuple[int, ...]) -> Jitters:
    """Return the jitters of one image: part ``order[i]`` at stage i with its factor."""
    keep = torch.tensor([[factors[part] for part in order]])
    places = torch.tensor([order])
    return Jitters(keep, (1 - keep) * (places == 1), (1 - keep) * (places == 2))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("factors", [(1.4, 0.5, 1.6), (0.6, 1.8, 0.0)])
def test_a_jitter_is_torchvisions_in_the_same_order(
    channels: int, order: tuple[int, ...], factors: tuple[float, ...]
) -> None:
    image = pixels(1, channels, 9, 7)
    expected, rounded = image.float() / 255, image
    for part in order:
        expected = ADJUST[part](expected, factors[part])
        rounded = ADJUST[part](rounded, factors[part])
    ours = jittered(image, stages(factors, order))
    assert ours.dtype == torch.float32
    assert (ours - 255 * expected).abs().max() < 3 * NEAR
    # On uint8 torchvision rounds down after each of three parts, and contrast magnifies.
    assert (ours - rounded).abs().max() < 4


def test_strength_0_changes_nothing() -> None:
    images = pixels(6, 3, 8, 8)
    none = Jitter(brightness=0.0, contrast=0.0, saturation=0.0)
    assert torch.equal(jittered(images, draw_jitters(6, none, generator())), images.float())


def test_saturation_leaves_grey_images_alone() -> None:
    images = pixels(50, 1, 8, 8)
    jitters = draw_jitters(50, Jitter(saturation=1.0), generator())
    assert (jittered(images, jitters) - images).abs().max() < 1e-3


def test_pixels_stay_in_range_and_images_apart() -> None:
    images = pixels(20, 3, 8, 8)
    jitters = draw_jitters(20, Jitter(brightness=3.0, contrast=2.0, saturation=2.0), generator())
    together = jittered(images, jitters)
    assert together.min() == 0
    assert together.max() == 255
    for number in range(20):
        one = slice(number, number + 1)
        alone = jittered(images[one], jitters.take(one))
        assert torch.allclose(alone, together[one], atol=1e-3)


def test_factors_and_orders_are_those_of_torchvision() -> None:
    strengths = (0.2, 0.5, 1.3)
    ours = draw_jitters(4000, Jitter(brightness=0.2, contrast=0.5, saturation=1.3), generator())
    order = torch.where(ours.to_mean != 0, 1, torch.where(ours.to_grey != 0, 2, 0))
    torch.manual_seed(1)
    theirs = [v2.ColorJitter(*strengths).make_params([]) for _ in range(1500)]
    keys = ("brightness_factor", "contrast_factor", "saturation_factor")
    for part, key in enumerate(keys):
        found = ours.keep[order == part]
        assert same_distribution(found, torch.tensor([params[key] for params in theirs]))
    counts = torch.unique(order, dim=0, return_counts=True)[1]
    assert len(counts) == 6
    # Chi-squared with five degrees of freedom exceeds 31 once in 100,000 times.
    assert ((counts - 4000 / 6).square() / (4000 / 6)).sum() < 31

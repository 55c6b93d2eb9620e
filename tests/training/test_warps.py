import math

import pytest
import torch
from samples import same_distribution
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as vision

from nasattn.training.augment import ResizedCrop, Rotation, draw_moves, moved
from nasattn.training.augment.warps import Warps, draw_angles, warped, windows_of
from nasattn.training.augment.windows import draw_windows

BILINEAR = v2.InterpolationMode.BILINEAR
NEAR = 0.01  # of 255


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pixels(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator())


def smooth(count: int, side: int) -> Tensor:
    coarse = torch.rand(count, 3, 4, 4, generator=generator()) * 255
    return torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(0, 255)


def whole(count: int, height: int, width: int) -> Tensor:
    return torch.tensor([0.0, 0.0, height, width]).repeat(count, 1)


def mirrored(count: int) -> Tensor:
    return torch.rand(count, generator=generator(3)) < 0.5


@pytest.mark.parametrize("size", [(8, 8), (17, 12), (5, 40)])
@pytest.mark.parametrize("degrees", [0, 7.5, -20, 45, 90, 180])
def test_a_rotation_is_torchvisions(size: tuple[int, int], degrees: float) -> None:
    image = pixels(1, 3, *size)
    angle = torch.deg2rad(torch.tensor([float(degrees)]))
    ours = warped(image, Warps(whole(1, *size), torch.tensor([False]), angle))
    theirs = vision.rotate(image.float(), degrees, interpolation=BILINEAR, fill=None)
    assert ours.dtype == torch.float32
    assert (ours - theirs).abs().max() < NEAR
    assert (ours - vision.rotate(image, degrees, BILINEAR, fill=None)).abs().max() < 0.51


@pytest.mark.parametrize("window", [(0, 0, 9, 12), (2, 3, 5, 4), (8, 0, 1, 12), (0, 11, 9, 1)])
def test_a_window_is_torchvisions_resized_crop(window: tuple[int, int, int, int]) -> None:
    image = pixels(1, 3, 9, 12)
    warps = Warps(torch.tensor([window]).float(), torch.tensor([False]), torch.zeros(1))
    theirs = vision.resized_crop(image.float(), *window, [9, 12], BILINEAR, antialias=True)
    assert (warped(image, warps) - theirs).abs().max() < NEAR


def test_nothing_asked_for_is_the_identity() -> None:
    images = pixels(5, 3, 11, 9)
    window = draw_windows(5, (11, 9), ResizedCrop(scale=(1.0, 1.0)), generator())
    angles = draw_angles(5, Rotation(degrees=0.0), generator())
    assert torch.equal(window, whole(5, 11, 9))
    none = torch.zeros(5, dtype=torch.bool)
    assert (warped(images, Warps(window, none, angles)) - images).abs().max() < NEAR


def test_crop_and_flip_are_what_they_are_on_whole_pixels() -> None:
    images = pixels(40, 3, 16, 24)
    moves = draw_moves(40, (16, 24), ("crop", "flip"), generator())
    warps = Warps(windows_of(moves, (16, 24)), moves.mirrored, torch.zeros(40))
    assert (warped(images, warps) - moved(images, moves)).abs().max() < NEAR


def test_crop_flip_and_rotation_at_once_are_torchvisions_one_after_the_other() -> None:
    count, size = 20, (16, 16)
    images = pixels(count, 3, *size)
    moves = draw_moves(count, size, ("crop", "flip"), generator())
    angles = draw_angles(count, Rotation(degrees=60.0), generator(1))
    warps = Warps(windows_of(moves, size), moves.mirrored, angles)
    first = moved(images, moves).float()
    for image, angle, ours in zip(first, angles, warped(images, warps), strict=True):
        theirs = vision.rotate(image, math.degrees(angle), BILINEAR, fill=None)
        assert (ours - theirs).abs().max() < NEAR


def test_sampling_once_is_near_sampling_twice() -> None:
    """On smooth images: torchvision's second sampling blurs a little more."""
    count, side = 20, 32
    images = smooth(count, side)
    windows = draw_windows(count, (side, side), ResizedCrop(scale=(0.5, 1.0)), generator())
    angles = draw_angles(count, Rotation(), generator(1))
    flips = mirrored(count)
    for number, ours in enumerate(warped(images, Warps(windows, flips, angles))):
        window = windows[number].int().tolist()
        theirs = vision.resized_crop(images[number], *window, [side, side], BILINEAR)
        theirs = vision.hflip(theirs) if flips[number] else theirs
        theirs = vision.rotate(theirs, math.degrees(angles[number]), BILINEAR, fill=None)
        assert (ours - theirs).abs().mean() < 1
        assert (ours - theirs).abs().max() < 40  # at the black edge


def test_images_are_warped_on_their_own_and_stay_in_range() -> None:
    images = pixels(12, 3, 10, 14)
    windows = draw_windows(12, (10, 14), ResizedCrop(), generator())
    warps = Warps(windows, mirrored(12), draw_angles(12, Rotation(degrees=180.0), generator()))
    together = warped(images, warps)
    assert together.min() >= 0
    assert together.max() <= 255
    for number in range(12):
        one = slice(number, number + 1)
        assert torch.allclose(warped(images[one], warps.take(one)), together[one], atol=1e-3)


def test_what_comes_in_is_black() -> None:
    white = torch.full((1, 1, 21, 21), 255, dtype=torch.uint8)
    turned = warped(white, Warps(whole(1, 21, 21), torch.tensor([False]), torch.tensor([0.785])))
    assert turned[0, 0, 0, 0] == 0
    assert turned[0, 0, 10, 10] == pytest.approx(255)


@pytest.mark.parametrize("size", [(32, 32), (20, 48)])
@pytest.mark.parametrize("scale", [(0.08, 1.0), (0.9, 1.0)])
def test_windows_are_those_of_torchvision(
    size: tuple[int, int], scale: tuple[float, float]
) -> None:
    ours = draw_windows(4000, size, ResizedCrop(scale=scale), generator())
    torch.manual_seed(1)
    theirs = v2.RandomResizedCrop(size, scale)
    image = torch.zeros(3, *size)
    found = [theirs.make_params([image]) for _ in range(1500)]
    for column, key in enumerate(("top", "left", "height", "width")):
        values = torch.tensor([params[key] for params in found])
        assert same_distribution(ours[:, column], values), key
    shapes = torch.tensor([params["width"] / params["height"] for params in found])
    assert same_distribution(ours[:, 3] / ours[:, 2], shapes)


def test_windows_that_never_fit_are_the_largest_allowed() -> None:
    settings = ResizedCrop(scale=(1.0, 1.0), ratio=(0.5, 2.0))
    for size, window in (((10, 40), (0, 10, 10, 20)), ((40, 10), (10, 0, 20, 10))):
        windows = draw_windows(9, size, settings, generator())
        assert torch.equal(windows, torch.tensor(window).float().repeat(9, 1))


def test_angles_are_uniform() -> None:
    angles = draw_angles(4000, Rotation(degrees=20.0), generator()).rad2deg()
    torch.manual_seed(1)
    theirs = [v2.RandomRotation(20).make_params([])["angle"] for _ in range(2000)]
    assert same_distribution(angles, torch.tensor(theirs))
    assert angles.abs().max() <= 20

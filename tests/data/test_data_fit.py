import numpy as np
import pytest
import torch
from PIL import Image

from nasattn.data.fit import check_shape, fitted, resized, with_channels
from nasattn.data.images import Images, Shape
from nasattn.data.spec import DataSpec
from nasattn.errors import UserError


def random_pixels(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def test_what_fits_is_left_alone() -> None:
    pixels = random_pixels(5, 3, 8, 8)
    spec = DataSpec(name="digits", resize=8, channels=3)
    assert torch.equal(fitted(pixels, spec, "here"), pixels)


def test_grey_is_pillows_luma() -> None:
    pixels = random_pixels(1, 3, 16, 16)
    pillow = Image.fromarray(pixels[0].permute(1, 2, 0).numpy()).convert("L")
    ours = with_channels(pixels, 1, "here")[0, 0].int()
    assert (ours - torch.from_numpy(np.array(pillow)).int()).abs().max() <= 1


def test_grey_of_repeated_grey_is_the_grey() -> None:
    grey = random_pixels(4, 1, 5, 7)
    assert torch.equal(with_channels(with_channels(grey, 3, "here"), 1, "here"), grey)


def test_other_channels_cannot_be_converted() -> None:
    with pytest.raises(UserError) as caught:
        with_channels(random_pixels(1, 4, 2, 2), 1, "set x")
    assert str(caught.value) == (
        "set x: [data] channels = 1 cannot be made of 4 channels; "
        "only 3 to 1 and 1 to 3 are possible"
    )


@pytest.mark.parametrize("size", [(24, 24), (11, 29), (30, 12)])
@pytest.mark.parametrize("side", [8, 16, 33])
def test_a_flat_image_stays_flat_and_becomes_square(size: tuple[int, int], side: int) -> None:
    flat = torch.full((2, 3, *size), 77, dtype=torch.uint8)
    assert torch.equal(resized(flat, side), torch.full((2, 3, side, side), 77, dtype=torch.uint8))


def test_resizing_is_pillows_antialiased_bilinear() -> None:
    pixels = random_pixels(1, 1, 40, 40)
    size = (16, 16)
    pillow = Image.fromarray(pixels[0, 0].numpy()).resize(size, Image.Resampling.BILINEAR)
    ours = resized(pixels, 16)[0, 0].int()
    assert (ours - torch.from_numpy(np.array(pillow)).int()).abs().max() <= 1


def test_the_longer_side_is_cut_evenly() -> None:
    pixels = torch.zeros(1, 1, 4, 8, dtype=torch.uint8)
    pixels[..., 2:6] = 255
    assert (resized(pixels, 4) == 255).all()


@pytest.mark.parametrize(
    ("have", "want", "advice"),
    [
        ((1, 8, 8), (3, 8, 8), "[data] channels = 3, or input_shape = [1, 8, 8]"),
        ((3, 40, 40), (3, 32, 32), "[data] resize = 32, or input_shape = [3, 40, 40]"),
        (
            (3, 40, 40),
            (1, 32, 32),
            "[data] resize = 32 and [data] channels = 1, or input_shape = [3, 40, 40]",
        ),
        ((3, 8, 8), (3, 8, 16), "input_shape = [3, 8, 8]"),
        ((4, 8, 8), (3, 8, 8), "input_shape = [4, 8, 8]"),
    ],
)
def test_a_shape_that_does_not_fit_is_answered_with_what_would(
    have: Shape, want: Shape, advice: str
) -> None:
    with pytest.raises(UserError) as caught:
        check_shape(Images(random_pixels(2, *have), torch.tensor([0, 1])), want, "set x")
    have_text, want_text = ("×".join(map(str, shape)) for shape in (have, want))
    assert str(caught.value) == (
        f"set x: images are {have_text}, but input_shape is {want_text}; set {advice}"
    )

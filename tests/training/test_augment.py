import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from nasattn.data.load import channel_statistics
from nasattn.training.augment import Moves, Normalise, draw_moves, moved, padding

CPU = torch.device("cpu")


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def pixels(*shape: int) -> torch.Tensor:
    return torch.randint(1, 256, shape, dtype=torch.uint8, generator=generator())


@given(height=st.integers(1, 40), width=st.integers(1, 40), mirrored=st.booleans(), data=st.data())
def test_a_move_is_a_crop_of_the_padded_image(
    *, height: int, width: int, mirrored: bool, data: st.DataObject
) -> None:
    down = data.draw(st.integers(0, 2 * padding(height)))
    right = data.draw(st.integers(0, 2 * padding(width)))
    image = pixels(1, 3, height, width)
    moves = Moves(torch.tensor([down]), torch.tensor([right]), torch.tensor([mirrored]))
    padded = F.pad(image, (padding(width),) * 2 + (padding(height),) * 2)
    expected = padded[:, :, down : down + height, right : right + width]
    assert torch.equal(moved(image, moves), expected.flip(3) if mirrored else expected)


def test_each_image_moves_on_its_own() -> None:
    images = pixels(7, 3, 16, 12)
    moves = draw_moves(7, (16, 12), ("crop", "flip"), generator())
    together = moved(images, moves)
    for number in range(7):
        alone = slice(number, number + 1)
        assert torch.equal(moved(images[alone], moves.take(alone)), together[alone])


def test_no_augmentation_is_the_identity() -> None:
    images = pixels(5, 1, 8, 8)
    assert torch.equal(moved(images, draw_moves(5, (8, 8), (), generator())), images)


@pytest.mark.parametrize(("side", "pad"), [(1, 1), (8, 1), (16, 2), (32, 4), (224, 4)])
def test_shifts_are_uniform_and_within_the_padding(side: int, pad: int) -> None:
    count = 20_000
    moves = draw_moves(count, (side, side), ("crop",), generator())
    for shifts in (moves.down, moves.right):
        share = torch.bincount(shifts) / count
        assert len(share) == 2 * pad + 1
        assert (share - 1 / len(share)).abs().max() < 0.015
    both = torch.stack([moves.down, moves.right]).double()
    assert torch.corrcoef(both)[0, 1].abs() < 0.03
    assert not moves.mirrored.any()


def test_half_of_the_images_are_mirrored() -> None:
    moves = draw_moves(20_000, (8, 8), ("flip",), generator())
    assert abs(moves.mirrored.double().mean().item() - 0.5) < 0.015
    assert (moves.down == padding(8)).all()
    assert (moves.right == padding(8)).all()


def test_one_augmentation_does_not_change_what_the_other_draws() -> None:
    both, crop, flip = (
        draw_moves(50, (16, 16), augment, generator())
        for augment in (("crop", "flip"), ("crop",), ("flip",))
    )
    assert torch.equal(both.down, crop.down)
    assert torch.equal(both.mirrored, flip.mirrored)


@pytest.mark.parametrize("channels_last", [True, False])
def test_normalised_images_have_mean_0_and_deviation_1(*, channels_last: bool) -> None:
    images = pixels(50, 3, 8, 8)
    images[:, 1] //= 3
    mean, std = channel_statistics(images)
    result = Normalise(mean, std, CPU, channels_last=channels_last)(images)
    assert result.dtype == torch.float32
    memory = torch.channels_last if channels_last else torch.contiguous_format
    assert result.is_contiguous(memory_format=memory)
    assert result.mean((0, 2, 3)).abs().max() < 1e-5
    assert (result.std((0, 2, 3), unbiased=False) - 1).abs().max() < 1e-5

import pytest
import torch

from nasattn.data import DataSpec, load
from nasattn.data.load import channel_statistics
from nasattn.errors import UserError
from nasattn.search.study.images import evaluated_splits


def test_digits_are_all_there_in_stable_parts() -> None:
    found = load(DataSpec(name="digits", validation=0.2), (1, 8, 8))
    parts = (found.train, found.validation, found.test)
    assert [len(part) for part in parts] == [1150, 288, 359]
    assert sum(len(part) for part in parts) == 1797
    assert int(found.train.images.max()) == 255
    assert found.classes == tuple("0123456789")
    for part in parts:
        counts = torch.bincount(part.labels).double()
        assert counts.max() / counts.min() < 1.2


def test_a_limit_leaves_validation_and_test_as_they_are() -> None:
    whole = load(DataSpec(name="digits"), (1, 8, 8))
    part = load(DataSpec(name="digits", limit=100), (1, 8, 8))
    assert len(part.train) == 100
    assert torch.equal(part.validation.images, whole.validation.images)
    assert torch.equal(part.test.images, whole.test.images)


def test_a_limit_below_the_number_of_classes_is_refused() -> None:
    with pytest.raises(UserError, match="has no image among the 5 to train on, but every class"):
        load(DataSpec(name="digits", limit=5), (1, 8, 8))


def test_digits_fit_other_shapes_when_asked() -> None:
    found = load(DataSpec(name="digits", resize=16, channels=3), (3, 16, 16))
    assert found.train.shape == found.validation.shape == found.test.shape == (3, 16, 16)
    with pytest.raises(UserError) as caught:
        load(DataSpec(name="digits"), (3, 32, 32))
    assert str(caught.value) == (
        "data set digits: images are 1×8×8, but input_shape is 3×32×32; "
        "set [data] resize = 32 and [data] channels = 3, or input_shape = [1, 8, 8]"
    )


@pytest.mark.parametrize("name", ["fake", "fake-context"])
@pytest.mark.parametrize("shape", [(1, 12, 12), (3, 16, 24)])
def test_fake_images_have_the_shape_that_is_asked_for(
    name: str, shape: tuple[int, int, int]
) -> None:
    one, two = (load(DataSpec(name=name), shape) for _ in range(2))
    assert one.train.shape == shape
    assert torch.equal(one.train.images, two.train.images)
    counts = torch.bincount(one.train.labels)
    assert counts.max() - counts.min() <= 1


def test_fake_context_needs_three_thirds() -> None:
    with pytest.raises(UserError) as caught:
        load(DataSpec(name="fake-context"), (1, 8, 8))
    assert str(caught.value) == (
        "data set fake-context: input_shape is 1×8×8, but its width must be at least 12"
    )


def test_statistics_are_those_of_the_floats() -> None:
    images = load(DataSpec(name="fake"), (3, 8, 8)).train.images
    floats = images.double() / 255
    mean, std = channel_statistics(images)
    assert mean == pytest.approx(floats.mean((0, 2, 3)).tolist(), abs=1e-12)
    assert std == pytest.approx(floats.std((0, 2, 3), unbiased=False).tolist(), abs=1e-12)


def test_a_constant_channel_can_be_divided_by() -> None:
    assert channel_statistics(torch.zeros(2, 1, 4, 4, dtype=torch.uint8)) == ((0.0,), (1 / 255,))


def test_a_normalisation_that_is_given_is_taken_for_every_channel() -> None:
    one = load(DataSpec(name="fake", mean=(0.5,), std=(0.25,)), (3, 8, 8))
    assert (one.mean, one.std) == ((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    each = load(DataSpec(name="fake", mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6)), (3, 8, 8))
    assert (each.mean, each.std) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    images = evaluated_splits(each, DataSpec(name="fake", mean=(0.5,), std=(0.25,)), "test")
    assert images.mean == (0.5, 0.5, 0.5)


def test_a_normalisation_of_other_channels_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        load(DataSpec(name="fake", mean=(0.1, 0.2), std=(0.4,)), (3, 8, 8))
    assert str(caught.value) == (
        "[data] mean = [0.1, 0.2], but images have 3 channels; give one number, or one for each "
        "channel"
    )

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nasattn.data.images import Images
from nasattn.data.split import first, split, stratified_order

labels_lists = st.lists(st.integers(0, 4), min_size=2, max_size=80)


def numbered_images(labels: list[int]) -> Images:
    """Images whose pixel values are their positions, so that a test can tell them apart."""
    pixels = torch.arange(len(labels), dtype=torch.uint8).view(-1, 1, 1, 1)
    return Images(pixels, torch.tensor(labels))


def positions(images: Images) -> list[int]:
    found: list[int] = images.images.flatten().tolist()
    return found


@given(labels_lists)
def test_every_prefix_of_the_order_holds_the_classes_in_proportion(labels: list[int]) -> None:
    tensor = torch.tensor(labels)
    order = stratified_order(tensor, "test")
    assert sorted(order.tolist()) == list(range(len(labels)))
    share = torch.bincount(tensor, minlength=5).double() / len(labels)
    for count in range(len(labels) + 1):
        taken = torch.bincount(tensor[order[:count]], minlength=5)
        assert ((taken - share * count).abs() <= 1 + share * 5 / 2 + 1e-9).all()


@given(labels_lists)
def test_of_two_equal_classes_a_prefix_never_holds_two_more_of_one(labels: list[int]) -> None:
    tensor = torch.cat([torch.zeros(len(labels)), torch.ones(len(labels))]).long()
    ones = tensor[stratified_order(tensor, "test")]
    assert ((2 * ones - 1).cumsum(0).abs() <= 2).all()


@given(labels_lists, st.floats(0.01, 0.99))
def test_the_parts_of_a_split_are_disjoint_and_exhaustive(labels: list[int], share: float) -> None:
    images = numbered_images(labels)
    rest, part = split(images, share, "validation")
    assert sorted(positions(rest) + positions(part)) == list(range(len(labels)))
    assert len(part) == max(1, round(share * len(labels)))
    for each in (rest, part):
        assert positions(each) == sorted(positions(each))
        assert each.labels.tolist() == [labels[position] for position in positions(each)]


def test_a_split_is_a_property_of_the_data_set() -> None:
    images = numbered_images([0, 1] * 40)
    torch.manual_seed(1)
    before = positions(split(images, 0.25, "validation")[1])
    torch.manual_seed(2)
    assert positions(split(images, 0.25, "validation")[1]) == before


def test_test_and_validation_images_are_drawn_independently() -> None:
    images = numbered_images([0] * 200)
    drawn = [set(positions(split(images, 0.5, purpose)[1])) for purpose in ("test", "validation")]
    assert 30 < len(drawn[0] & drawn[1]) < 70


@given(labels_lists, st.integers(0, 80), st.integers(0, 80))
def test_a_smaller_limit_takes_a_part_of_what_a_larger_one_takes(
    labels: list[int], one: int, other: int
) -> None:
    images = numbered_images(labels)
    small, large = (positions(first(images, count)) for count in sorted((one, other)))
    assert set(small) <= set(large)
    assert len(small) == min(one, other, len(labels))


@pytest.mark.parametrize("count", [None, 3, 9])
def test_a_limit_that_is_no_limit_changes_nothing(count: int | None) -> None:
    images = numbered_images([0, 1, 1])
    assert first(images, count) is images

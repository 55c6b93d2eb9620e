from typing import Any

import numpy as np
import pytest
import torch

from nasattn.data.arrays import as_images
from nasattn.errors import UserError

GREY = np.zeros((2, 8, 8), np.uint8)


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ((2, 8, 9), (1, 8, 9)),
        ((2, 3, 8, 9), (3, 8, 9)),
        ((2, 8, 9, 3), (3, 8, 9)),
        ((2, 8, 9, 1), (1, 8, 9)),
        ((2, 13, 8, 9), (13, 8, 9)),
        ((2, 3, 4, 4), (3, 4, 4)),
    ],
)
def test_the_channels_are_found(given: tuple[int, ...], shape: tuple[int, ...]) -> None:
    assert as_images(np.zeros(given, np.uint8), [0, 1], "x").shape == shape


def test_channels_last_pixels_arrive_at_their_places() -> None:
    array = np.arange(2 * 5 * 6 * 3, dtype=np.uint8).reshape(2, 5, 6, 3)
    found = as_images(array, np.array([[3], [4]]), "x")
    assert found.images[1, 2, 3, 4] == array[1, 3, 4, 2]
    assert found.labels.tolist() == [3, 4]
    assert found.labels.dtype == torch.int64


@pytest.mark.parametrize("kind", [np.uint16, np.uint32, np.int8, np.uint8])
def test_labels_of_any_whole_number_do(kind: type) -> None:
    assert as_images(GREY, np.array([0, 1], kind), "x").labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (GREY.astype(float), [0, 1], "x: images are float64, but must be uint8 (0 to 255)"),
        (
            GREY[0],
            [0, 1],
            "x: images have shape (8, 8), but must be (N, H, W), (N, C, H, W) or (N, H, W, C)",
        ),
        (GREY, [0, 1, 2], "x: 2 images, but 3 labels"),
        (GREY[:0], np.zeros(0, int), "x: no images"),
        (GREY, [0.0, 1.0], "x: labels are float64, but must be integers"),
        (GREY, [True, False], "x: labels are bool, but must be integers"),
        (GREY, [0, -1], "x: label -1, but labels count from 0"),
        (
            GREY,
            [[0, 1], [1, 0]],
            "x: labels have shape (2, 2), but must be (N,) or (N, 1): one class for each image",
        ),
        (GREY, np.array(["cat", "dog"]), "x labels: ndarray, but must be an array of numbers"),
        (None, [0, 1], "x images: NoneType, but must be an array of numbers"),
    ],
)
def test_what_is_wrong_is_named(images: Any, labels: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        as_images(images, labels, "x")
    assert str(caught.value) == message


def test_tensors_do_as_well() -> None:
    found = as_images(torch.from_numpy(GREY), torch.tensor([0, 1]), "x")
    assert found.shape == (1, 8, 8)

from pathlib import Path

import pytest

from nasattn.data import DataSpec, load
from nasattn.errors import UserError

MODULE = """
import numpy as np
import torch

def pictures(count):
    return np.zeros((count, 8, 8, 3), np.uint8), np.arange(count) % 3

def plain():
    return (*pictures(60), *pictures(9))

def with_root(root):
    return (*pictures(int(root)), *pictures(9))

def tensors():
    images = torch.zeros(60, 3, 8, 8, dtype=torch.uint8)
    return images, torch.arange(60) % 3, images[:9], torch.arange(9) % 3

def fails():
    raise RuntimeError("no such server")

def two():
    return pictures(3)

def nothing():
    return None

def floats():
    images, labels = pictures(6)
    return images, labels, images / 255, labels

gap = lambda: (pictures(6)[0], np.array([0, 2] * 3), *pictures(3))
number = 3
"""


@pytest.fixture(autouse=True)
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_data_set.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)


def message(name: str) -> str:
    with pytest.raises(UserError) as caught:
        load(DataSpec(name=name), (3, 8, 8))
    return str(caught.value)


@pytest.mark.parametrize("function", ["plain", "tensors"])
def test_the_users_own_function_is_called(function: str) -> None:
    found = load(DataSpec(name=f"own_data_set:{function}"), (3, 8, 8))
    assert [len(part) for part in (found.train, found.validation, found.test)] == [54, 6, 9]
    assert found.classes == ("0", "1", "2")


def test_it_gets_the_root_where_there_is_one() -> None:
    found = load(DataSpec(name="own_data_set:with_root", root="30"), (3, 8, 8))
    assert len(found.train) + len(found.validation) == 30


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gone:plain", "gone:plain cannot be imported: No module named 'gone'"),
        (
            "own_data_set:gone",
            "own_data_set:gone cannot be imported: module 'own_data_set' has no attribute 'gone'",
        ),
        ("own_data_set:number", "own_data_set:number: int, but must be a function or class"),
        (
            "own_data_set:fails",
            "own_data_set:fails: the function failed: RuntimeError('no such server')",
        ),
        (
            "own_data_set:two",
            "own_data_set:two: the function returned tuple of 2, but must return "
            "(train_images, train_labels, test_images, test_labels)",
        ),
        (
            "own_data_set:nothing",
            "own_data_set:nothing: the function returned NoneType, but must return "
            "(train_images, train_labels, test_images, test_labels)",
        ),
        (
            "own_data_set:floats",
            "own_data_set:floats: test: images are float64, but must be uint8 (0 to 255)",
        ),
        (
            "own_data_set:gap",
            'own_data_set:gap: class "1" has no image among the 5 to train on, '
            "but every class must have one",
        ),
    ],
)
def test_what_is_wrong_with_it_is_said(name: str, expected: str) -> None:
    assert message(name) == f"data set {expected}"

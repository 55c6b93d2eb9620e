from pathlib import Path

import numpy as np
import pytest

from nasattn.data import DataSpec, load
from nasattn.errors import UserError


def arrays(part: str, count: int) -> dict[str, np.ndarray]:
    pixels = np.full((count, 8, 8), len(part), np.uint8)
    return {f"{part}_images": pixels, f"{part}_labels": (np.arange(count) % 3)[:, None]}


def message(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        load(DataSpec(name="npz", root=str(path)), (1, 8, 8))
    return str(caught.value)


def test_the_sets_own_parts_are_used(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, **arrays("train", 30), **arrays("val", 6), **arrays("test", 9))
    found = load(DataSpec(name="npz", root=str(path)), (1, 8, 8))
    sizes = [len(part) for part in (found.train, found.validation, found.test)]
    assert sizes == [30, 6, 9]
    assert [int(part.images[0, 0, 0, 0]) for part in (found.train, found.validation)] == [5, 3]
    assert found.classes == ("0", "1", "2")


def test_missing_parts_are_split_off(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, **arrays("train", 60))
    found = load(DataSpec(name="npz", root=str(path), validation=0.25), (1, 8, 8))
    sizes = [len(part) for part in (found.train, found.validation, found.test)]
    assert sizes == [36, 12, 12]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.npz"
    assert message(path) == f"{path}: no such file; set [data] root to the npz file"


def test_missing_arrays_are_named_with_those_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, images=np.zeros((2, 8, 8)), labels=np.zeros(2))
    assert message(path) == (
        f"{path}: no array train_images, train_labels; the file has: images, labels"
    )


def test_half_a_part_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, **arrays("train", 6), val_images=np.zeros((2, 8, 8), np.uint8))
    assert message(path) == (
        f"{path}: no array val_labels; the file has: train_images, train_labels, val_images"
    )


def test_wrong_arrays_are_named_by_their_part(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, train_images=np.zeros((2, 8, 8)), train_labels=np.zeros(2, int))
    assert message(path) == f"{path} train: images are float64, but must be uint8 (0 to 255)"


def test_other_files_are_refused(tmp_path: Path) -> None:
    text, single = tmp_path / "text.npz", tmp_path / "single.npy"
    text.write_text("not an archive")
    np.save(single, np.zeros(3))
    assert message(text).startswith(f"{text}: cannot be read as an npz archive: ")
    assert message(single) == f"{single}: one array, but must be an npz archive of several"
    assert message(tmp_path).startswith(f"{tmp_path}: cannot be read as an npz archive: ")


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, **arrays("train", 30))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert message(path).startswith(f"{path}: cannot be read as an npz archive: ")


def test_pickled_objects_are_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, train_images=np.array([{}, {}], object), train_labels=np.zeros(2, int))
    assert message(path).startswith(f"{path}: cannot be read as an npz archive: ")

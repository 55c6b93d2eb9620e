from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nasattn.data import DataSpec, Splits, load
from nasattn.errors import UserError


def picture(path: Path, value: int = 0, size: tuple[int, int] = (8, 8), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).convert(mode).save(path)


def folder(root: Path, count: int, classes: tuple[str, ...] = ("cat", "dog")) -> Path:
    for label, name in enumerate(classes):
        for number in range(count):
            picture(root / name / f"{number}.png", value=10 * label + number)
    return root


def read(root: Path, shape: tuple[int, int, int] = (3, 8, 8), **settings: int) -> Splits:
    return load(DataSpec(name="imagefolder", root=str(root), **settings), shape)


def message(root: Path, shape: tuple[int, int, int] = (3, 8, 8), **settings: int) -> str:
    with pytest.raises(UserError) as caught:
        read(root, shape, **settings)
    return str(caught.value)


def test_train_and_test_folders_are_kept_apart(tmp_path: Path) -> None:
    folder(tmp_path / "train", 10)
    folder(tmp_path / "test", 2)
    (tmp_path / "train" / "cat" / "notes.txt").write_text("no picture")
    (tmp_path / "train" / "cat" / "._0.png").write_text("what macOS leaves behind")
    found = read(tmp_path)
    assert [len(part) for part in (found.train, found.validation, found.test)] == [18, 2, 4]
    assert found.classes == ("cat", "dog")
    assert found.test.images[:, 0, 0, 0].tolist() == [0, 1, 10, 11]
    assert found.test.labels.tolist() == [0, 0, 1, 1]


def test_one_folder_is_split_and_val_is_used(tmp_path: Path) -> None:
    found = read(folder(tmp_path / "one", 10))
    assert [len(part) for part in (found.train, found.validation, found.test)] == [14, 2, 4]
    for part, count in (("train", 4), ("val", 2), ("test", 1)):
        folder(tmp_path / "three" / part, count)
    found = read(tmp_path / "three")
    assert [len(part) for part in (found.train, found.validation, found.test)] == [8, 4, 2]


def test_many_pictures_keep_their_labels(tmp_path: Path) -> None:
    names = tuple(f"class {number}" for number in range(3))
    found = read(folder(tmp_path, 120, names))  # more than a thread's batch
    assert len(found.train) + len(found.validation) + len(found.test) == 360
    for part in (found.train, found.validation, found.test):
        values = part.images[:, 0, 0, 0].long() - 10 * part.labels
        assert ((values >= 0) & (values < 120)).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_pictures_of_all_common_modes_decode(tmp_path: Path, mode: str) -> None:
    folder(tmp_path, 10)
    picture(tmp_path / "cat" / f"extra.{'tif' if mode == 'CMYK' else 'png'}", 255, mode=mode)
    found = read(tmp_path)
    parts = (found.train, found.validation, found.test)
    assert any((part.images.flatten(1) == 255).all(1).any() for part in parts)


def test_a_palette_with_transparency_decodes(tmp_path: Path) -> None:
    folder(tmp_path, 5)
    Image.new("P", (8, 8)).save(tmp_path / "cat" / "clear.png", transparency=bytes([0, 255]))
    assert read(tmp_path).train.shape == (3, 8, 8)


def test_grey_pictures_are_grey(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        for number in range(5):
            picture(tmp_path / name / f"{number}.png", number, mode="L")
    assert read(tmp_path, (1, 8, 8)).train.shape == (1, 8, 8)
    assert message(tmp_path) == (
        f"{tmp_path}: images are 1×8×8, but input_shape is 3×8×8; "
        "set [data] channels = 3, or input_shape = [1, 8, 8]"
    )
    assert read(tmp_path, channels=3).train.shape == (3, 8, 8)


def test_different_sizes_need_resize(tmp_path: Path) -> None:
    folder(tmp_path, 5)
    picture(tmp_path / "dog" / "wide.png", 15, size=(20, 10))
    assert message(tmp_path) == (
        f"{tmp_path}/dog/wide.png: 10×20 pixels, but {tmp_path}/cat/0.png has 8×8; "
        "set [data] resize to bring all pictures to one size"
    )
    assert read(tmp_path, resize=8).train.shape == (3, 8, 8)
    assert read(tmp_path, (3, 6, 6), resize=6).train.shape == (3, 6, 6)


def test_resizing_one_by_one_and_at_once_agree(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), np.uint8)
    for number, pixels in enumerate(noise):
        path = tmp_path / f"{number % 2}" / f"{number:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path)
    whole = read(tmp_path, (3, 8, 8), resize=8)
    picture(tmp_path / "0" / "00a.png", size=(9, 9))  # breaks the first batch into groups
    groups = read(tmp_path, (3, 8, 8), resize=8)
    of_whole, of_groups = (
        {
            image.numpy().tobytes()
            for part in (s.train, s.validation, s.test)
            for image in part.images
        }
        for s in (whole, groups)
    )
    assert of_whole < of_groups
    assert len(of_groups) == 13


def test_missing_and_empty_folders_are_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert message(gone) == f"{gone}: no such folder; set [data] root to the pictures"
    assert message(tmp_path) == f"{tmp_path}: no folder in it, but must have one for each class"
    folder(tmp_path, 3)
    (tmp_path / "emu").mkdir()
    assert message(tmp_path) == (
        f"{tmp_path}/emu: no picture "
        "(.bmp, .gif, .jpeg, .jpg, .pgm, .png, .ppm, .tif, .tiff, .webp)"
    )


def test_train_without_test_is_refused(tmp_path: Path) -> None:
    folder(tmp_path / "train", 3)
    assert message(tmp_path) == f"{tmp_path}/test: no such folder, but {tmp_path} has train"


def test_parts_with_different_classes_are_refused(tmp_path: Path) -> None:
    folder(tmp_path / "train", 3)
    folder(tmp_path / "test", 3, ("cat", "dgo"))
    assert message(tmp_path) == (
        f"{tmp_path}/test: classes differ from those of the training folder: ['dgo', 'dog']"
    )


def test_a_single_class_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, 6, ("cat",))
    assert message(tmp_path) == (f'{tmp_path}: a single class ("cat"), but must have at least two')


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    folder(tmp_path, 3)
    path = tmp_path / "cat" / "1.png"
    path.write_bytes(path.read_bytes()[:40])
    assert message(tmp_path).startswith(f"{path}: cannot be decoded: ")
    path.write_text("no picture at all")
    assert message(tmp_path).startswith(f"{path}: cannot be decoded: ")


def test_sixteen_bits_are_refused(tmp_path: Path) -> None:
    folder(tmp_path, 3)
    path = tmp_path / "cat" / "deep.png"
    Image.fromarray(np.full((8, 8), 4000, np.uint16)).save(path)
    assert message(tmp_path) == (f"{path}: pixels of mode I;16, but must have 8 bits a channel")


def test_the_order_of_files_on_the_disk_does_not_matter(tmp_path: Path) -> None:
    folder(tmp_path / "one", 6)
    for number in reversed(range(6)):
        for label, name in enumerate(("cat", "dog")):
            picture(tmp_path / "two" / name / f"{number}.png", value=10 * label + number)
    one, two = read(tmp_path / "one"), read(tmp_path / "two")
    assert torch.equal(one.train.images, two.train.images)
    assert torch.equal(one.test.labels, two.test.labels)

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10, CIFAR100

from nasattn.data import DataSpec, load
from nasattn.data.cifar import read_archive
from nasattn.errors import UserError


def write(folder: Path, name: str, content: dict[str, object]) -> str:
    """Write a file as the archives have it and return its checksum."""
    folder.mkdir(exist_ok=True)
    packed = pickle.dumps(content, protocol=2)
    (folder / name).write_bytes(packed)
    return hashlib.md5(packed, usedforsecurity=False).hexdigest()


def small_archive(root: Path, base: type[CIFAR10], label_key: str) -> type[CIFAR10]:
    """Write two training batches and a test batch of six images, and return their archive."""
    folder = root / base.base_folder
    rows = np.arange(3 * 6 * 3072).reshape(3, 6, 3072).astype(np.uint8)
    sums = {
        name: write(folder, name, {"data": rows[i], label_key: [0, 1, 2, 0, 1, 2]})
        for i, name in enumerate(("one", "two", "test"))
    }
    names = {base.meta["key"]: ["cat", "dog", "emu"]}
    meta = {**base.meta, "md5": write(folder, base.meta["filename"], names)}

    class Small(base):  # type: ignore[misc, valid-type]  # the base is an argument
        train_list = [["one", sums["one"]], ["two", sums["two"]]]  # noqa: RUF012  # as in the base
        test_list = [["test", sums["test"]]]  # noqa: RUF012  # as in the base

    Small.meta = meta
    return Small


@pytest.mark.parametrize(("base", "key"), [(CIFAR10, "labels"), (CIFAR100, "fine_labels")])
def test_images_and_labels_arrive_at_their_places(
    tmp_path: Path, base: type[CIFAR10], key: str
) -> None:
    found = read_archive(small_archive(tmp_path, base, key), tmp_path)
    assert found.classes == ("cat", "dog", "emu")
    assert found.test is not None
    assert found.test.labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert found.train.shape == (3, 32, 32)
    rows = torch.arange(12 * 3072).to(torch.uint8).view(12, 3, 32, 32)
    assert torch.equal(found.train.images, rows)


@pytest.mark.parametrize(
    ("name", "folder", "archive"),
    [
        ("cifar10", "cifar-10-batches-py", "cifar-10-python.tar.gz"),
        ("cifar100", "cifar-100-python", "cifar-100-python.tar.gz"),
    ],
)
def test_missing_and_damaged_files_say_where_they_were_looked_for(
    tmp_path: Path, name: str, folder: str, archive: str
) -> None:
    spec = DataSpec(name=name, root=str(tmp_path))
    advice = (
        f"nasattn search --download fetches them, or unpack {archive} in {tmp_path}, or set [data] "
        "root to the folder that holds it"
    )
    with pytest.raises(UserError) as caught:
        load(spec, (3, 32, 32))
    assert str(caught.value) == f"{tmp_path}/{folder}: no such folder; {advice}"
    (tmp_path / folder).mkdir()
    with pytest.raises(UserError) as caught:
        load(spec, (3, 32, 32))
    assert str(caught.value) == f"{tmp_path}/{folder}: its files are damaged; {advice}"

import hashlib
import io
import pickle
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10, CIFAR100

from nasattn.data import DataSpec, download, load
from nasattn.data.cifar import read_archive
from nasattn.errors import FailedError, UserError


def write(folder: Path, name: str, content: dict[str, object]) -> str:
    """Write a file as the archives have it and return its checksum."""
    folder.mkdir(parents=True, exist_ok=True)
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


class Archive(BaseHTTPRequestHandler):
    """Serves ``content`` whatever is asked for."""

    content = b""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as in the base
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[CIFAR10]]:
    """Serve a small archive on this machine in place of the one on the internet."""
    monkeypatch.setenv("no_proxy", "*")
    small = small_archive(tmp_path / "origin", CIFAR10, "labels")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(tmp_path / "origin" / small.base_folder, small.base_folder)
    small.tgz_md5 = hashlib.md5(packed.getvalue(), usedforsecurity=False).hexdigest()
    handler = type("Served", (Archive,), {"content": packed.getvalue()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        small.url = f"http://127.0.0.1:{server.server_port}/{small.filename}"
        monkeypatch.setattr("torchvision.datasets.CIFAR10", small)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield small
        server.shutdown()
        thread.join()


def test_a_download_is_unpacked_where_it_is_read(tmp_path: Path, served: type[CIFAR10]) -> None:
    spec = DataSpec(name="cifar10", root=str(tmp_path / "here"))
    download(spec)
    assert load(spec, (3, 32, 32)).classes == ("cat", "dog", "emu")
    served.url = "http://127.0.0.1:9/nothing"
    download(spec)  # is there


def test_a_download_that_fails_or_is_damaged_is_one_line(
    tmp_path: Path, served: type[CIFAR10]
) -> None:
    spec = DataSpec(name="cifar10", root=str(tmp_path / "here"))
    start = f"{served.url} cannot be downloaded to {tmp_path}/here: "
    served.tgz_md5 = "0" * 32
    with pytest.raises(FailedError) as caught:
        download(spec)
    assert str(caught.value) == f"{start}File not found or corrupted."
    served.url = "http://127.0.0.1:9/nothing"
    with pytest.raises(FailedError, match=r"^http://127.0.0.1:9/nothing cannot be downloaded to "):
        download(spec)


def test_other_sets_cannot_be_downloaded() -> None:
    with pytest.raises(UserError) as caught:
        download(DataSpec(name="digits"))
    assert str(caught.value) == (
        'data set "digits" cannot be downloaded; only cifar10 and cifar100 can'
    )


@pytest.mark.network
@pytest.mark.parametrize(("name", "classes"), [("cifar10", 10), ("cifar100", 100)])
def test_the_archives_are_where_torchvision_says(tmp_path: Path, name: str, classes: int) -> None:
    spec = DataSpec(name=name, root=str(tmp_path))
    download(spec)
    found = load(spec, (3, 32, 32))
    assert len(found.classes) == classes
    assert [len(part) for part in (found.train, found.validation, found.test)] == [
        45_000,
        5_000,
        10_000,
    ]

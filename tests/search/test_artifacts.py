"""Checkpoints in an artifact store: a trial goes on on another machine, to the bit."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from optuna.artifacts.exceptions import ArtifactNotFound

from nasattn.errors import LostError, UserError, WriteError
from nasattn.search.artifacts import (
    ArtifactShelf,
    Reference,
    Store,
    artifacts_address,
    ready_folder,
)
from nasattn.search.ledger.superseded import SupersededError
from nasattn.training import Training, UnusableError
from tests.search.steering import bits, run
from tests.search.tiny import fail, write_study

CUT = 4  # the epoch in which the first machine is cut off


class CutOffError(BaseException):
    """Nothing is told of it."""


@contextmanager
def cut_off() -> Iterator[None]:
    """End a training in the middle, as if its machine had lost its power."""
    train = Training.train_epoch

    def cut(training: Training) -> Any:
        if len(training.curve) == CUT - 1:
            raise CutOffError
        return train(training)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Training, "train_epoch", cut)
        yield


class Cluster:
    """Two machines that share a storage and a store, and nothing else."""

    def __init__(self, home: Path, artifacts: str) -> None:
        self.home, self.artifacts = home, artifacts
        self._storage = ("--storage", f"sqlite:///{home / 'shared.db'}")
        self._study = write_study(home)
        self._words = ("--trials", 1, "--epochs", 6, "--artifacts", artifacts)

    def search(self, machine: str = "first") -> None:
        runs = ("--runs-dir", self.home / machine)
        run("search", self._study, *self._words, *self._storage, *runs)

    def lose_the_first(self) -> None:
        with cut_off(), pytest.raises(CutOffError):
            self.search()

    def join(self, *words: object) -> str:
        """Let the second machine go on; return what it said."""
        where = ("--runs-dir", self.home / "second")
        return run("worker", "tiny", *self._storage, *where, *words)[1]

    def trial(self) -> tuple[Any, ...]:
        where = ("--runs-dir", self.home / "second")
        out, _ = run("trials", "tiny", "--json", *self._storage, *where)
        (found,) = json.loads(out)["trials"]
        assert (found["state"], found["attempt"]) == ("complete", 2)
        return bits(found)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    home = tmp_path_factory.mktemp("undisturbed")
    runs = ("--runs-dir", home / "runs")
    run("search", write_study(home), "--trials", 1, "--epochs", 6, *runs)
    out, _ = run("trials", "tiny", "--json", *runs)
    return bits(json.loads(out)["trials"][0])


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def newest_first(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)


def test_a_trial_goes_on_on_another_machine_to_the_bit(
    tmp_path: Path, undisturbed: tuple[Any, ...]
) -> None:
    cluster = Cluster(tmp_path, str(tmp_path / "artifacts"))
    cluster.lose_the_first()
    assert not list((tmp_path / "first").rglob("*.pt"))
    said = cluster.join()
    assert f"goes on after epoch {CUT - 1} of 6" in said
    assert "trained again" not in said
    assert cluster.trial() == undisturbed
    assert not list((tmp_path / "artifacts").iterdir()), "what has ended needs none"


@pytest.mark.slow
def test_a_damaged_one_is_refused_by_name_and_the_one_before_used(
    tmp_path: Path, undisturbed: tuple[Any, ...]
) -> None:
    cluster = Cluster(tmp_path, str(tmp_path / "artifacts"))
    cluster.lose_the_first()
    newest, *_ = newest_first(tmp_path / "artifacts")
    damage(newest)
    (tmp_path / "artifacts").rename(tmp_path / "mounted elsewhere")
    assert "--artifacts PATH says where" in fail(
        *("worker", "tiny", *cluster._storage, "--runs-dir", tmp_path / "second")
    )
    said = cluster.join("--artifacts", tmp_path / "mounted elsewhere")
    assert f"checkpoint {newest.name} of" in said
    assert "is not used: it is damaged: its SHA-256 is" in said
    assert f"goes on after epoch {CUT - 2} of 6" in said
    assert cluster.trial() == undisturbed


@contextmanager
def s3_server() -> Iterator[Any]:
    """Serve S3's protocol on this machine: moto stands in for the real one, which no test has."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (
            ("AWS_ENDPOINT_URL", f"http://{host}:{port}"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "ann"),
            ("AWS_SECRET_ACCESS_KEY", "of no account"),
        ):
            patch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket="studies")
        try:
            yield client
        finally:
            server.stop()


@pytest.mark.slow
def test_a_trial_goes_on_from_a_bucket_to_the_bit(
    tmp_path: Path, undisturbed: tuple[Any, ...]
) -> None:
    with s3_server() as client:
        cluster = Cluster(tmp_path, "s3://studies/nasattn")
        cluster.lose_the_first()
        held = client.list_objects_v2(Bucket="studies")["Contents"]
        assert held
        assert all(one["Key"].startswith("nasattn/") for one in held)
        assert not list((tmp_path / "first").rglob("*.pt"))
        assert f"goes on after epoch {CUT - 1} of 6" in cluster.join()
        assert cluster.trial() == undisturbed
        assert "Contents" not in client.list_objects_v2(Bucket="studies"), (
            "what has ended needs none"
        )


@pytest.fixture
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    if request.param == "folder":
        yield lambda: Store(str(tmp_path))
        return
    with s3_server():
        yield lambda: Store("s3://studies/nasattn")


BOTH = pytest.mark.parametrize(
    "stores", ["folder", pytest.param("s3", marks=pytest.mark.slow)], indirect=True
)


@BOTH
def test_what_is_put_is_found_and_what_is_removed_is_not(stores: Callable[[], Store]) -> None:
    store = stores()
    store.write("one", memoryview(b"first"))
    store.write("one", memoryview(b"second"))
    assert stores().read("one") == b"second"
    store.remove("one")
    store.remove("one")
    with pytest.raises(ArtifactNotFound):
        stores().read("one")


@BOTH
def test_the_newest_two_are_referred_to_and_the_names_come_round(
    stores: Callable[[], Store],
) -> None:
    shelf, kept, said = shelved(stores())
    for epoch in range(1, 9):
        shelf.put(memoryview(f"epoch {epoch}".encode()), epoch)
    assert [reference.epoch for reference in kept] == [8, 7]
    again, _, _ = shelved(stores(), kept, name="another")
    assert [found.open().read() for found in again.found()] == [b"epoch 8", b"epoch 7"]
    assert not said


def shelved(
    store: Store, known: Sequence[Reference] = (), name: str = "one", errors: Sequence[Any] = ()
) -> tuple[ArtifactShelf, list[Reference], list[str]]:
    kept, said, left = list(known), list[str](), list(errors)

    def refer(references: Sequence[Reference]) -> None:
        if left and (error := left.pop(0)):
            raise error
        kept[:] = references

    return ArtifactShelf(store, name, known, refer, said.append), kept, said


def test_one_that_could_not_be_referred_to_never_was(tmp_path: Path) -> None:
    errors = [None, None, LostError("away"), LostError("away")]
    shelf, kept, _ = shelved(Store(str(tmp_path)), errors=errors)
    for epoch in range(1, 5):
        shelf.put(memoryview(f"epoch {epoch}".encode()), epoch)
        again, _, _ = shelved(Store(str(tmp_path)), kept)
        newest = next(iter(again.found())).open().read()
        assert newest == f"epoch {min(epoch, 2)}".encode()
    shelf.put(memoryview(b"epoch 5"), 5)
    assert [reference.epoch for reference in kept] == [5, 2]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_store_that_takes_nothing_is_told_and_the_training_goes_on(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    shelf, kept, said = shelved(Store(str(tmp_path / "gone")))
    shelf.put(memoryview(b"epoch 1"), 1)
    (tmp_path / "gone").rename(tmp_path / "away")
    shelf.put(memoryview(b"epoch 2"), 2)
    (tmp_path / "away").rename(tmp_path / "gone")
    shelf.put(memoryview(b"epoch 3"), 3)
    assert [reference.epoch for reference in kept] == [3, 1]
    assert [words.partition(":")[0] for words in said] == [
        f"no checkpoint after epoch 2 in {tmp_path / 'gone'}"
    ]


def test_one_that_cannot_be_read_for_the_moment_is_not_taken_for_lost(tmp_path: Path) -> None:
    shelf, kept, _ = shelved(Store(str(tmp_path)))
    shelf.put(memoryview(b"epoch 1"), 1)
    file = tmp_path / kept[0].artifact
    content = file.read_bytes()
    file.unlink()
    file.mkdir()  # to root, too, what stands there is unreadable
    again, _, _ = shelved(Store(str(tmp_path)), kept)
    with pytest.raises(WriteError, match=rf"checkpoint {file.name} of .*: cannot be read: "):
        list(again.found())
    file.rmdir()
    file.write_bytes(content)
    assert [found.open().read() for found in again.found()] == [b"epoch 1"]


def test_a_folder_that_is_not_there_is_made_for_a_new_study_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mount" / "point"
    with pytest.raises(UserError, match=f"artifacts {folder}: not there, but the study has trials"):
        ready_folder(str(folder), begun=True)
    ready_folder(str(folder), begun=False)
    ready_folder(str(folder), begun=True)
    assert folder.is_dir()


def test_whoever_was_taken_for_dead_learns_it(tmp_path: Path) -> None:
    shelf, _, _ = shelved(Store(str(tmp_path)), errors=[SupersededError()])
    with pytest.raises(SupersededError):
        shelf.put(memoryview(b"epoch 1"), 1)


def test_a_refused_one_is_not_kept_beside_a_new_one(tmp_path: Path) -> None:
    shelf, kept, _ = shelved(Store(str(tmp_path)))
    for epoch in (1, 2):
        shelf.put(memoryview(f"epoch {epoch}".encode()), epoch)
    damage(tmp_path / kept[0].artifact)
    again, kept, _ = shelved(Store(str(tmp_path)), kept, name="another")
    newest, before = again.found()
    with pytest.raises(UnusableError, match="SHA-256"):
        newest.open()
    again.take(before)
    again.put(memoryview(b"epoch 2 again"), 2)
    assert [reference.epoch for reference in kept] == [2, 1]
    assert [found.open().read() for found in again.found()] == [b"epoch 2 again", b"epoch 1"]


@pytest.mark.parametrize("address", ["s3://", "s3:///prefix", "gs://bucket", "http://me:pw@x/y"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UserError, match="artifacts") as caught:
        artifacts_address(address)
    assert "pw" not in str(caught.value)

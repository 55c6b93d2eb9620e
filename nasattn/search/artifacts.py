"""Checkpoints in one of Optuna's artifact stores, which several machines reach.

The storage refers to them: which are the newest two of a trial, and the SHA-256 of each. A
checkpoint counts from the moment at which it is referred to; one that was cut off while it was
written is never read.
"""

import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from optuna.artifacts import Boto3ArtifactStore, FileSystemArtifactStore
from optuna.artifacts.exceptions import ArtifactNotFound

from nasattn.errors import LostError, UserError, WriteError
from nasattn.extras import import_extra
from nasattn.training import Kept, UnusableError

_S3 = "s3://"
# Two are referred to while the third is written: nothing is left over of what was cut off.
_NAMES = 3


@dataclass(frozen=True, slots=True)
class Reference:
    """What the storage has of a checkpoint.

    Attributes:
        artifact: Its name in the store.
        sha256: Of its bytes.
        epoch: After which it was taken.
    """

    artifact: str
    sha256: str
    epoch: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return asdict(self)


class Store:
    """A shared folder, or a bucket of S3.

    Args:
        address: The folder, absolute, or ``s3://bucket/prefix``.

    Raises:
        UserError: boto3 is not installed.
    """

    def __init__(self, address: str) -> None:
        self.address, self._prefix = address, ""
        self._store: Boto3ArtifactStore | FileSystemArtifactStore
        if address.startswith(_S3):
            bucket, _, prefix = address.removeprefix(_S3).partition("/")
            self._prefix = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
            import_extra("boto3", "s3", f"--artifacts {address}")
            self._store = Boto3ArtifactStore(bucket)
        else:
            self._store = FileSystemArtifactStore(address)

    def write(self, name: str, content: memoryview) -> None:
        """Write an artifact; what the store raises where it cannot is the store's own."""
        self._store.write(self._prefix + name, io.BytesIO(content))

    def read(self, name: str) -> bytes:
        """Return an artifact.

        Raises:
            ArtifactNotFound: there is none.
        """
        with self._store.open_reader(self._prefix + name) as file:
            return file.read()

    def remove(self, name: str) -> None:
        """Remove an artifact if it is there and can be removed."""
        with suppress(Exception):  # each kind of store has its own errors
            self._store.remove(self._prefix + name)


def artifacts_address(given: str) -> str:
    """Return the address of a store that means the same from every folder.

    Raises:
        UserError: it is neither a folder nor ``s3://bucket/prefix``.
    """
    if given.startswith(_S3):
        if not given.removeprefix(_S3).partition("/")[0]:
            raise UserError(f"artifacts {given}: must name a bucket, as in s3://bucket/prefix")
        return given
    if "://" in given:
        raise UserError(
            f"artifacts {given.partition('://')[0]}://…: must be a folder or s3://bucket/prefix"
        )
    return str(Path(given).expanduser().absolute())


def ready_folder(address: str, *, begun: bool) -> None:
    """Make the folder of a study's store before its first trial.

    Later a folder that is not there is one that is not mounted: its trials would begin anew.

    Args:
        address: As for `Store`.
        begun: Whether the run folder has trials.

    Raises:
        UserError: the folder is not there or cannot be made.
    """
    folder = Path(address)
    if address.startswith(_S3) or folder.is_dir():
        return
    if begun:
        raise UserError(
            f"artifacts {folder}: not there, but the study has trials; mount it (or make it: "
            "trials that were cut off then begin anew)"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"artifacts {folder}: cannot be made: {error.strerror}") from None


class ArtifactShelf:
    """The checkpoints of one attempt at a trial, and those of attempts before it; a `Shelf`.

    Args:
        store: Where they are.
        name: What their names begin with; no other attempt's do.
        references: The newest two of the attempts before.
        refer: Enters the newest two; what it raises but LostError ends the training.
        note: Hears in words of one that could not be kept.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        references: Sequence[Reference],
        refer: Callable[[Sequence[Reference]], None],
        note: Callable[[str], None],
    ) -> None:
        self._store, self._name, self._note = store, name, note
        self._references, self._refer = tuple(references), refer

    def put(self, content: memoryview, epoch: int) -> None:
        """Write a checkpoint, then refer to it.

        Where that fails the training goes on: the storage still refers to the ones before.
        """
        used = {reference.artifact for reference in self._references}
        artifact = next(name for name in artifact_names(self._name) if name not in used)
        new = Reference(artifact, hashlib.sha256(content).hexdigest(), epoch)
        try:
            self._store.write(artifact, content)
        except Exception as error:  # each kind of store has its own errors
            where = self._store.address
            self._note(f"no checkpoint after epoch {epoch} in {where}: {_words(error)}")
            return
        references = (new, *self._references)[:2]
        with suppress(LostError):  # as if it had never been written
            self._refer(references)
            self._references = references

    def found(self) -> Iterable[Kept]:
        """Yield those that the storage refers to and the store has, the newest first.

        Raises:
            WriteError: the store does not say what it has: the trial is left to who can read it.
        """
        for reference in self._references:
            try:
                content = self._store.read(reference.artifact)
            except ArtifactNotFound:
                continue
            except Exception as error:  # each kind of store has its own errors
                raise WriteError(
                    f"checkpoint {self._shown(reference)}: cannot be read: {_words(error)}"
                ) from error
            yield Kept(self._shown(reference), _checked(content, reference))

    def take(self, kept: Kept) -> None:
        """Forget those that were refused."""
        shown = [self._shown(reference) for reference in self._references]
        self._references = self._references[shown.index(kept.name) :]

    def _shown(self, reference: Reference) -> str:
        return f"{reference.artifact} of {self._store.address}"


def _words(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def artifact_names(name: str) -> list[str]:
    """Return the names that the checkpoints of an attempt may have in a store."""
    return [f"{name}.{number}" for number in range(_NAMES)]


def _checked(content: bytes, reference: Reference) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        found = hashlib.sha256(content).hexdigest()
        if found != reference.sha256:
            raise UnusableError(
                f"it is damaged: its SHA-256 is {found[:12]}…, recorded was "
                f"{reference.sha256[:12]}…"
            )
        return io.BytesIO(content)

    return opened

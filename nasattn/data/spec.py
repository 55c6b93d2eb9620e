"""The ``[data]`` table of a study."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from nasattn.errors import UnknownNameError
from nasattn.schema import Strict, as_tuple

FROM_FILES = ("cifar10", "cifar100", "imagefolder", "npz")
BUILT_IN = ("digits", "fake", "fake-context")
DOWNLOADABLE = ("cifar10", "cifar100")
KINDS = (*BUILT_IN, *FROM_FILES)


def _check_in_memory(value: Any) -> Any:
    if isinstance(value, bool) or value == "auto":
        return value
    raise ValueError(f'{value!r} must be "auto", true or false')


def _as_numbers(value: Any) -> Any:
    """Return one number as the tuple of it alone."""
    return (value,) if type(value) in (int, float) else as_tuple(value)


InMemory = Annotated[bool | Literal["auto"], BeforeValidator(_check_in_memory)]
Means = Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], BeforeValidator(_as_numbers)]
Deviations = Annotated[
    tuple[Annotated[float, Field(gt=0, le=1)], ...], BeforeValidator(_as_numbers)
]


class DataSpec(Strict):
    """Which images to use, and how to make them fit.

    Args:
        name: One of ``KINDS``, or ``package.module:function``: a function of the user's that
            returns (train_images, train_labels, test_images, test_labels).
        root: Where the files are: for ``cifar10`` and ``cifar100`` the folder that holds
            torchvision's; for ``imagefolder`` the folder with ``train`` and ``test``, or the one
            with a folder for each class; for ``npz`` the file. A user's function is called with
            it where it is given, else without arguments.
        validation: Share of the training images that ``accuracy`` is measured on. The split is
            stratified and the same for every study. Unused where the set has its own validation
            images (``val_images`` in an npz file, a folder ``val``).
        resize: Side in pixels: the shorter side of each image is resized to it (bilinear,
            antialiased) and the centre square is kept. This is what training, before its
            augmentation, and evaluation see alike.
        channels: 1 makes grey images of colour ones (ITU-R 601 luma), 3 repeats the grey channel.
        mean: What is taken off each channel before it goes into a network, in units of the full
            range (0 to 1): one number, or one for each channel. Left out: the training images'
            own.
        std: What each channel is then divided by, likewise; goes with ``mean``.
        limit: Train on at most so many images, in the proportions of the classes; a smaller limit
            takes a part of what a larger one takes. Validation and test images stay as they are.
        in_memory: Whether all images are kept as uint8 on the device that trains, or are streamed:
            read by worker processes when they are needed. What is done to them is the same, to the
            bit, but for the channels' mean and deviation, which are those of all training images
            in memory and of a fixed sample of at most 2,048 where they are streamed. ``auto``
            keeps them in memory if images times bytes of one (of the network's input shape) is at
            most ``memory_limit_bytes``. What it comes to is frozen with the study. Of pictures
            that are streamed the headers are read before the first epoch; one that cannot be
            decoded later ends its trial as failed.
        memory_limit_bytes: See ``in_memory``; 4 GiB.
        workers: Processes that read streamed images, one for each core but one (at most 8) if left
            out; 0 reads in the training process. No number depends on it.
    """

    name: str
    root: str | None = None
    validation: float = Field(default=0.1, gt=0, lt=1)
    resize: int | None = Field(default=None, ge=1)
    channels: Literal[1, 3] | None = None
    mean: Means | None = None
    std: Deviations | None = None
    limit: int | None = Field(default=None, ge=2)
    in_memory: InMemory = "auto"
    memory_limit_bytes: int = Field(default=4 * 2**30, ge=1)
    workers: int | None = Field(default=None, ge=0, le=256)

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in KINDS and ":" not in name:
            known = [*KINDS, "package.module:function"]
            raise ValueError(str(UnknownNameError("data set", name, known)))
        return name

    @model_validator(mode="after")
    def _root_where_it_is_used(self) -> "DataSpec":
        if self.name in FROM_FILES and not self.root:
            raise ValueError(f'data set "{self.name}" needs a root: where its files are')
        if self.name in BUILT_IN and self.root is not None:
            raise ValueError(f'data set "{self.name}" has no files: leave out root = "{self.root}"')
        return self

    @model_validator(mode="after")
    def _mean_with_std(self) -> "DataSpec":
        if (self.mean is None) != (self.std is None):
            given, other = ("std", "mean") if self.mean is None else ("mean", "std")
            raise ValueError(f"{given} without {other}: give both, or leave both out")
        return self

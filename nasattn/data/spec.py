"""The ``[data]`` table of a study."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from nasattn.errors import UnknownNameError
from nasattn.schema import Strict

FROM_FILES = ("cifar10", "cifar100", "imagefolder", "npz")
BUILT_IN = ("digits", "fake", "fake-context")
KINDS = (*BUILT_IN, *FROM_FILES)


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
            antialiased) and the centre square is kept.
        channels: 1 makes grey images of colour ones (ITU-R 601 luma), 3 repeats the grey channel.
        limit: Train on at most so many images, in the proportions of the classes; a smaller limit
            takes a part of what a larger one takes. Validation and test images stay as they are.
    """

    name: str
    root: str | None = None
    validation: float = Field(default=0.1, gt=0, lt=1)
    resize: int | None = Field(default=None, ge=1)
    channels: Literal[1, 3] | None = None
    limit: int | None = Field(default=None, ge=2)

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

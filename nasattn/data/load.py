"""From a ``[data]`` table to splits that are ready for training."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor

from nasattn.data.cifar import read_cifar
from nasattn.data.custom import read_custom
from nasattn.data.digits import read_digits
from nasattn.data.fake import read_fake, read_fake_context
from nasattn.data.fit import check_resize, check_shape, fitted
from nasattn.data.imagefolder import read_imagefolder
from nasattn.data.images import Images, Shape, Source, Splits
from nasattn.data.npz import read_npz
from nasattn.data.spec import DataSpec
from nasattn.data.split import TEST_SHARE, first, split
from nasattn.errors import UserError


def load(spec: DataSpec, input_shape: Shape) -> Splits:
    """Read the data set into memory, split it and check that a network can be trained on it.

    Sets without test images of their own give a fixed, stratified fifth to ``test``; sets without
    validation images give ``spec.validation`` of what remains. The splits are a property of the
    data set: no study's seed changes them.

    Raises:
        UserError: data that are missing, unreadable, empty, of a single class, or of a shape that
            is not ``input_shape``; the message names the place, the value and what would do.
    """
    check_resize(spec, input_shape)
    source = _read(spec, input_shape)
    train, test, validation = source.train, source.test, source.validation
    if test is None:
        train, test = split(train, TEST_SHARE, "test")
    if validation is None:
        train, validation = split(train, spec.validation, "validation")
    fit = partial(_fit, spec=spec, input_shape=input_shape, place=source.place)
    train = fit(first(train, spec.limit))
    _check_classes(train.labels, source.classes, source.place)
    mean, std = channel_statistics(train.images)
    return Splits(train, fit(validation), fit(test), source.classes, mean, std)


def channel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of each channel of ``(N, C, H, W)`` uint8, from 0 to 1.

    They come from exact counts of the 256 values. A channel that never changes gets the
    deviation of one step, 1/255, so that dividing by it is harmless.
    """
    values = torch.arange(256, dtype=torch.float64) / 255
    means, deviations = [], []
    for channel in images.unbind(1):
        share = torch.bincount(channel.flatten(), minlength=256).double() / channel.numel()
        mean = (share * values).sum()
        means.append(mean.item())
        deviations.append(max((share * (values - mean).square()).sum().sqrt().item(), 1 / 255))
    return tuple(means), tuple(deviations)


def _read(spec: DataSpec, input_shape: Shape) -> Source:
    if ":" in spec.name:
        return read_custom(spec.name, spec.root)
    root = Path(spec.root or "").expanduser()
    try:
        return _READERS[spec.name](spec, root, input_shape)
    except OSError as error:
        raise UserError(f"data set {spec.name} in {root}: cannot be read: {error}") from None


# Each is called with the spec, its root and input_shape.
_READERS: Mapping[str, Callable[[DataSpec, Path, Shape], Source]] = MappingProxyType(
    {
        "cifar10": lambda spec, root, _shape: read_cifar(spec.name, root),
        "cifar100": lambda spec, root, _shape: read_cifar(spec.name, root),
        "digits": lambda _spec, _root, _shape: read_digits(),
        "fake": lambda _spec, _root, shape: read_fake(shape),
        "fake-context": lambda _spec, _root, shape: read_fake_context(shape),
        "imagefolder": lambda spec, root, _shape: read_imagefolder(spec, root),
        "npz": lambda _spec, root, _shape: read_npz(root),
    }
)


def _fit(images: Images, *, spec: DataSpec, input_shape: Shape, place: str) -> Images:
    fit = Images(fitted(images.images, spec, place), images.labels)
    check_shape(fit, input_shape, place)
    return fit


def _check_classes(labels: Tensor, classes: tuple[str, ...], place: str) -> None:
    """Check that there are at least two classes, each with an image to train on.

    Raises:
        UserError: naming the class.
    """
    if len(classes) < 2:
        raise UserError(f'{place}: a single class ("{classes[0]}"), but must have at least two')
    counts = torch.bincount(labels, minlength=len(classes)).tolist()
    for name, count in zip(classes, counts, strict=True):
        if not count:
            raise UserError(
                f'{place}: class "{name}" has no image among the {len(labels)} to train on, '
                "but every class must have one"
            )

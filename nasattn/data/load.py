"""From a ``[data]`` table to splits that are ready for training."""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor

from nasattn.data.cifar import read_cifar
from nasattn.data.custom import read_custom
from nasattn.data.digits import read_digits
from nasattn.data.fake import read_fake, read_fake_context
from nasattn.data.files import Files
from nasattn.data.fit import check_resize, check_shape, fitted
from nasattn.data.imagefolder import find_pictures
from nasattn.data.images import Images, ImageSet, Shape, Source, Splits
from nasattn.data.npz import read_npz
from nasattn.data.spec import DataSpec
from nasattn.data.split import TEST_SHARE, first, split
from nasattn.data.stream import streamed
from nasattn.errors import UserError

Found = Images | Files


def load(spec: DataSpec, input_shape: Shape) -> Splits:
    """Read the data set, or find it where it is streamed; split and check it.

    Sets without test images of their own give a fixed, stratified fifth to ``test``; sets without
    validation images give ``spec.validation`` of what remains. The splits are a property of the
    data set: no study's seed changes them.

    Raises:
        UserError: data that are missing, unreadable, empty, of a single class, or of a shape that
            is not ``input_shape``; the message names the place, the value and what would do.
    """
    check_resize(spec, input_shape)
    source = _read(spec, input_shape)
    found = _split(source, spec)
    _check_classes(found[0].labels, source.classes, source.place)
    keep = _in_memory(sum(map(len, found)), spec, input_shape)
    parts = [_fit(part, spec, source.place, in_memory=keep) for part in found]
    train, validation, test = _alike(parts, input_shape, source.place)
    mean, std = normalisation(spec, train)
    return Splits(train, validation, test, source.classes, mean, std)


def _split(source: Source, spec: DataSpec) -> tuple[Found, Found, Found]:
    """Return the images to train on, to validate with, and to test with."""
    train, test, validation = source.train, source.test, source.validation
    if test is None:
        train, test = split(train, TEST_SHARE, "test")
    if validation is None:
        train, validation = split(train, spec.validation, "validation")
    return first(train, spec.limit), validation, test


def _in_memory(count: int, spec: DataSpec, input_shape: Shape) -> bool:
    if spec.in_memory == "auto":
        return count * prod(input_shape) <= spec.memory_limit_bytes
    return spec.in_memory


def normalisation(spec: DataSpec, train: ImageSet) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and deviation of each channel: those of ``spec``, else those of ``train``.

    Raises:
        UserError: ``spec`` has neither one number nor one for each channel.
    """
    if spec.mean is None or spec.std is None:
        return channel_statistics(train.sample())
    channels = train.shape[0]
    return _of_channels("mean", spec.mean, channels), _of_channels("std", spec.std, channels)


def _of_channels(key: str, values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    if len(values) not in (1, channels):
        raise UserError(
            f"[data] {key} = {list(values)}, but images have {channels} channels; give one number, "
            "or one for each channel"
        )
    return values if len(values) == channels else values * channels


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
        "imagefolder": lambda _spec, root, _shape: find_pictures(root),
        "npz": lambda _spec, root, _shape: read_npz(root),
    }
)


def _fit(part: Found, spec: DataSpec, place: str, *, in_memory: bool) -> ImageSet:
    if isinstance(part, Files):
        return part.decoded(spec) if in_memory else part.streamed(spec)
    if in_memory:
        return Images(fitted(part.images, spec, place), part.labels)
    return streamed(part, spec, place)


def _alike(parts: Sequence[ImageSet], input_shape: Shape, place: str) -> list[ImageSet]:
    """Return the parts in colour if one of them is.

    Raises:
        UserError: a part is not of ``input_shape``.
    """
    channels = max(part.shape[0] for part in parts)
    coloured = [part.in_colour(channels) for part in parts]
    for part in coloured:
        check_shape(part, input_shape, place)
    return coloured


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

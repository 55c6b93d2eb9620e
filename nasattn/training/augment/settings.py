"""The ``augment`` key of a recipe: which augmentations, and how strong."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, model_validator

from nasattn.schema import Strict, as_tuple, named_table, read_settings

PLAIN = ("crop", "flip")
DEFAULT_JITTER = 0.2

Interval = Annotated[tuple[float, float], BeforeValidator(as_tuple)]
Strength = Annotated[float, Field(ge=0)]


class Jitter(Strict):
    """Brightness, contrast and saturation multiplied by random factors, in random order.

    Each factor is uniform from max(0, 1 - s) to 1 + s. If no s is given each is 0.2; else those
    left out are 0. Contrast changes the distance to the image's mean grey, saturation that to each
    pixel's grey.

    Args:
        brightness: Its s.
        contrast: Its s.
        saturation: Its s; without effect on grey images.
    """

    name: Literal["jitter"] = "jitter"
    brightness: Strength = 0.0
    contrast: Strength = 0.0
    saturation: Strength = 0.0

    @model_validator(mode="before")
    @classmethod
    def _all_if_none(cls, values: Any) -> Any:
        parts = ("brightness", "contrast", "saturation")
        if isinstance(values, dict) and not set(parts) & values.keys():
            return {**values, **dict.fromkeys(parts, DEFAULT_JITTER)}
        return values


class ResizedCrop(Strict):
    """A random window, enlarged to the size of the image.

    Its area is a uniform share of the image's and its width over its height log-uniform; of ten
    such draws the first that fits into the image is taken, else the largest centred window whose
    proportions are allowed.

    Args:
        scale: Bounds of the share, above 0 and at most 1.
        ratio: Bounds of width over height.
    """

    name: Literal["resized_crop"] = "resized_crop"
    scale: Interval = (0.08, 1.0)
    ratio: Interval = (3 / 4, 4 / 3)

    @model_validator(mode="after")
    def _ordered(self) -> "ResizedCrop":
        for key, (low, high), most in (("scale", self.scale, 1.0), ("ratio", self.ratio, None)):
            if not 0 < low <= high or (most and high > most):
                rule = "0 < low ≤ high" + (f" ≤ {most:g}" if most else "")
                raise ValueError(f"{key} = {[low, high]}, but must be [low, high] with {rule}")
        return self


class Rotation(Strict):
    """Turned about the centre by an angle that is uniform from -``degrees`` to ``degrees``."""

    name: Literal["rotation"] = "rotation"
    degrees: float = Field(default=20.0, ge=0, le=180)


Augmentation = Literal["crop", "flip"] | Jitter | ResizedCrop | Rotation
Kind = TypeVar("Kind", Jitter, ResizedCrop, Rotation)

_WITH_SETTINGS: Mapping[str, type[Strict]] = MappingProxyType(
    {"jitter": Jitter, "resized_crop": ResizedCrop, "rotation": Rotation}
)
# What is done to an image, from first to last.
ORDER = ("jitter", "crop", "resized_crop", "flip", "rotation")


def name_of(augmentation: Augmentation) -> str:
    """Return the name that a study calls it by."""
    return augmentation if isinstance(augmentation, str) else augmentation.name


def find(augment: Iterable[Augmentation], kind: type[Kind]) -> Kind | None:
    """Return the augmentation of one kind, if it is among them."""
    return next((item for item in augment if isinstance(item, kind)), None)


def ordered(augment: Iterable[Augmentation]) -> tuple[Augmentation, ...]:
    """Return augmentations in the order of application, each once.

    Raises:
        ValueError: one is named twice with different settings, or two cut a window.
    """
    found: dict[str, Augmentation] = {}
    for item in augment:
        if found.setdefault(name_of(item), item) != item:
            raise ValueError(f"{name_of(item)} is there twice, with different settings")
    if {"crop", "resized_crop"} <= found.keys():
        raise ValueError("crop and resized_crop both cut a window; name one of them")
    return tuple(found[name] for name in ORDER if name in found)


def _read(value: Any) -> Augmentation:
    """Read a name, or a table with a name and settings."""
    if isinstance(value, Jitter | ResizedCrop | Rotation):
        return value
    table = named_table(value, "augmentation", ORDER)
    name: Any = table["name"]
    if name not in PLAIN:
        return read_settings(table, _WITH_SETTINGS[name])  # type: ignore[return-value]  # one of the three
    if table.keys() != {"name"}:
        raise ValueError(f'{name} has no settings: write "{name}"')
    return name  # type: ignore[no-any-return]  # one of the literals


def _write(item: Augmentation) -> Any:
    return item if isinstance(item, str) else item.model_dump(mode="json")


# Pydantic's own union would report the errors of every member.
Item = Annotated[Augmentation, PlainValidator(_read), PlainSerializer(_write)]

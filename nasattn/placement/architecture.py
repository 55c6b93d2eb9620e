"""An architecture as a value: a backbone and its placements, with a digest as identity."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasattn.attention.slot_kind import SlotKind
from nasattn.errors import UnknownNameError, UserError

Scalar = bool | int | float | str
Settings = tuple[tuple[str, Scalar], ...]
Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True, order=True)
class Placement:
    """One attention module with its hyperparameters at one site.

    Attributes:
        slot: The slot kind.
        at: The site's call (``layer1.0.conv1``).
        module: The name of the attention module.
        options: Its hyperparameters, sorted by name.
    """

    slot: str
    at: str
    module: str
    options: Settings = ()

    @property
    def site(self) -> str:
        """The name of the site, ``slot:at``."""
        return f"{self.slot}:{self.at}"

    def to_dict(self) -> dict[str, Any]:
        """Return the placement as in an architecture's JSON."""
        options = dict(self.options)
        return {"slot": self.slot, "at": self.at, "module": self.module, "options": options}


@dataclass(frozen=True, slots=True)
class Architecture:
    """A backbone with its arguments, its input shape and its placements.

    Values made by :func:`nasattn.placement.canonical` or :meth:`parse` are canonical: equal
    networks are equal values with equal digests.
    """

    backbone: str
    backbone_args: Settings
    input_shape: Shape
    placements: tuple[Placement, ...] = ()

    @property
    def text(self) -> str:
        """The canonical JSON: sorted keys and placements, no spaces."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """Twelve hex digits of the SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    def to_dict(self) -> dict[str, Any]:
        """Return the architecture as in its JSON."""
        return {
            "backbone": self.backbone,
            "backbone_args": dict(self.backbone_args),
            "input_shape": list(self.input_shape),
            "placements": [placement.to_dict() for placement in self.placements],
        }

    @classmethod
    def parse(cls, text: str) -> "Architecture":
        """Read an architecture's JSON and bring it into canonical form.

        ``backbone_args``, ``input_shape`` and hyperparameters may be left out.

        Raises:
            UserError: the text is no architecture, or its backbone, a site, a module or a
                hyperparameter is unknown or illegal.
        """
        from nasattn.backbones import default_input_shape
        from nasattn.placement.canonical_form import canonical

        values = _read_object(text)
        backbone = values["backbone"]
        shape = values.get("input_shape") or default_input_shape(backbone)
        placements = [_read_placement(item) for item in values.get("placements", [])]
        return canonical(backbone, values.get("backbone_args", {}), tuple(shape), placements)


def read_architecture(path: Path) -> Architecture:
    """Read an architecture's JSON file and bring it into canonical form.

    Raises:
        UserError: the file cannot be read, or as `Architecture.parse`; the message names it.
    """
    try:
        return Architecture.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: cannot be read: {reason}") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


_KEYS: Mapping[str, type] = {
    "backbone": str,
    "backbone_args": dict,
    "input_shape": list,
    "placements": list,
}
_PLACEMENT_KEYS: Mapping[str, type] = {"slot": str, "at": str, "module": str, "options": dict}


def _read_object(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"an architecture is JSON, but: {error}") from None
    _check_keys(values, _KEYS, required={"backbone"}, what="an architecture")
    _check_scalars(values.get("backbone_args", {}), f"backbone_args of {values['backbone']}")
    shape = values.get("input_shape", [1, 1, 1])
    if len(shape) != 3 or not all(type(n) is int and n > 0 for n in shape):
        raise UserError(f"input_shape = {shape}: must be three positive integers [C, H, W]")
    return dict(values)


def _read_placement(values: Any) -> Placement:
    _check_keys(values, _PLACEMENT_KEYS, required={"slot", "at", "module"}, what="a placement")
    if values["slot"] not in set(SlotKind):
        raise UnknownNameError("slot", values["slot"], list(SlotKind), "a placement")
    where = f"options of {values['module']} at {values['slot']}:{values['at']}"
    options = tuple(sorted(_check_scalars(values.get("options", {}), where).items()))
    return Placement(values["slot"], values["at"], values["module"], options)


def _check_keys(values: Any, keys: Mapping[str, type], *, required: set[str], what: str) -> None:
    if not isinstance(values, dict):
        raise UserError(f"{what} is a JSON object, not {values!r}")
    for key, value in values.items():
        if key not in keys:
            raise UnknownNameError("key", key, keys, what)
        if not isinstance(value, keys[key]):
            raise UserError(f"{what}: {key} = {value!r} must be a {keys[key].__name__}")
    for key in sorted(required - values.keys()):
        raise UserError(f"{what} needs the key {key!r}: {json.dumps(values)}")


def _check_scalars(values: dict[str, Any], what: str) -> dict[str, Any]:
    for key, value in values.items():
        finite = not isinstance(value, float) or math.isfinite(value)
        if not isinstance(value, (bool, int, float, str)) or not finite:
            shown = json.dumps(value)
            raise UserError(
                f"{what}: {key} = {shown} must be a finite number, a string, true or false"
            )
    return values

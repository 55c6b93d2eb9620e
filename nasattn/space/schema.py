"""The search-space file as the user writes it."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, field_validator

from nasattn.attention import SlotKind
from nasattn.schema import Strict, read_toml, validate
from nasattn.space.filters import Filters

Size = Annotated[int, Field(gt=0, strict=True)]


class Scope(StrEnum):
    """How many sites one decision governs."""

    NETWORK = "network"
    STAGE = "stage"
    BLOCK = "block"
    SITE = "site"


class Choice(Filters):
    """One ``[[choice]]`` table: which modules may stand at which sites.

    Attributes:
        name: Prefix of its parameters' names; letters, digits, ``_`` and ``-``.
        slot: The slot kind of the sites that it governs.
        scope: How many of these sites share one decision.
        options: Names of modules; ``none`` (or ``keep``) means no placement.

    The keys of `Filters` narrow it. Further keys are tables named after modules: their
    hyperparameters (`tables`).
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str
    slot: SlotKind
    scope: Scope = Scope.STAGE
    options: tuple[str, ...]

    @field_validator("name")
    @classmethod
    def _is_a_prefix(cls, name: str) -> str:
        if not name or not all(c.isascii() and (c.isalnum() or c in "_-") for c in name):
            raise ValueError(f'"{name}" must consist of letters, digits, _ and -')
        return name

    @property
    def tables(self) -> dict[str, Any]:
        """The keys that are not fields: hyperparameter tables by module, unchecked."""
        return dict(self.model_extra or {})


class SpaceFile(Strict):
    """A whole search-space file.

    Attributes:
        backbone: Name of the backbone.
        input_shape: ``(C, H, W)``; None is the backbone's own.
        backbone_args: What the backbone's factory takes besides.
        weights: A file of weights that the backbone starts from, relative to this file; no
            cost depends on it.
        choice: The ``[[choice]]`` tables.
    """

    backbone: str
    input_shape: tuple[Size, Size, Size] | None = None
    backbone_args: dict[str, Any] = Field(default_factory=dict)
    weights: str | None = None
    choice: tuple[Choice, ...] = ()

    @field_validator("backbone_args")
    @classmethod
    def _are_scalars(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        for key, value in arguments.items():
            if not isinstance(value, (bool, int, float, str)):
                raise ValueError(f"{key} = {value!r} must be a number, a string, true or false")
        return arguments


def toml_key(name: str) -> str:
    """Write a key of a TOML file: in quotes where it needs them.

    >>> toml_key("eca"), toml_key("timm:gc")
    ('eca', '"timm:gc"')
    """
    bare = name and all(c.isascii() and (c.isalnum() or c in "_-") for c in name)
    return name if bare else json.dumps(name, ensure_ascii=False)


def read_space_file(path: Path) -> SpaceFile:
    """Read a search-space file without looking at the backbone.

    Raises:
        UserError: the file cannot be read, or a key or value is not allowed.
    """
    return validate(SpaceFile, read_toml(path), str(path))

"""TOML files into pydantic models, with errors of one line that name the place."""

import json
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from nasattn.errors import UnknownNameError, UserError

Model = TypeVar("Model", bound=BaseModel)

# Pydantic speaks of Python's types; a TOML file has these.
_EXPECTED = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "list_type": "must be an array",
    "model_type": "must be a table",
    "string_type": "must be a string",
    "tuple_type": "must be an array",
}


class Strict(BaseModel):
    """A frozen model in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def as_tuple(value: Any) -> Any:
    """Return an array as a tuple, for fields that a validator of ours sees before pydantic.

    What such a validator hands on is no longer JSON, so that a list would not be taken.
    """
    return tuple(value) if isinstance(value, list) else value


def named_table(value: Any, noun: str, names: Collection[str]) -> dict[str, Any]:
    """Return a name, or a table with a name and settings, as such a table.

    Args:
        value: What the file has.
        noun: What is named, for errors.
        names: Those that are known.

    Raises:
        ValueError: it is neither, or the name is not known.
    """
    table = {"name": value} if isinstance(value, str) else value
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        known = ", ".join(sorted(names))
        raise ValueError(f"{value!r} must be a name or a table with a name; known: {known}")
    if table["name"] not in names:
        raise ValueError(str(UnknownNameError(noun, table["name"], names)))
    return table


def read_settings(table: Mapping[str, Any], model: type[Model]) -> Model:
    """Return the model of a named table; pydantic's own union reports the errors of all members.

    Raises:
        ValueError: a setting is not known or wrong.
    """
    known = model.model_fields
    if unknown := [key for key in table if key not in known]:
        raise ValueError(str(UnknownNameError(f"setting of {table['name']}", unknown[0], known)))
    # As JSON, like the file around it: see `validate`.
    return model.model_validate_json(json.dumps(table), strict=True)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        UserError: there is no such file, it cannot be read, or it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: not TOML: {error}") from None


def validate(model: type[Model], values: Mapping[str, Any], place: str) -> Model:
    """Check ``values`` (from the file or command line called ``place``) against ``model``.

    Raises:
        UserError: naming the place, the key, the value and what is allowed.
        UnknownNameError: a word that is none of those allowed.
    """
    # As JSON, for which strict means what a reader of TOML expects: `true` is no number and
    # "2" is none either, but 1 is a float and an array is a tuple.
    text = json.dumps(values, default=str)
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise _user_error(error.errors()[0], model, place) from None


def _user_error(error: ErrorDetails, model: type[BaseModel], place: str) -> UserError:
    loc = error["loc"]
    if error["type"] in ("enum", "literal_error") and isinstance(error["input"], str):
        known = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
        word = next((part for part in reversed(loc) if isinstance(part, str)), "value")
        return UnknownNameError(word, error["input"], known, f"{place} {_location(loc)}")
    return UserError(f"{place}: {_describe(error, model)}")


def _describe(error: ErrorDetails, model: type[BaseModel]) -> str:
    at = _location(error["loc"])
    if error["type"] == "extra_forbidden":
        known = _known_keys(model, error["loc"][:-1])
        near = get_close_matches(str(error["loc"][-1]), known, n=1)
        guess = f'; did you mean "{near[0]}"?' if near else ""
        names = f"; known: {', '.join(sorted(known))}" if known else ""
        return f"unknown key {at}{names}{guess}"
    if error["type"] == "missing":
        return f"{at} is missing"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{at}: {message}" if at else message
    return f"{at} = {_short(error['input'])}: {_expected(error, model)}"


def _expected(error: ErrorDetails, model: type[BaseModel]) -> str:
    is_table = isinstance(error["input"], Mapping) and _known_keys(model, error["loc"])
    if error["type"] in ("tuple_type", "list_type") and is_table:
        return f"must be an array of tables: write [[{error['loc'][-1]}]]"
    message = error["msg"]
    return _EXPECTED.get(error["type"], f"{message[0].lower()}{message[1:]}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _location(loc: Sequence[int | str]) -> str:
    """Write a pydantic location as TOML users see it; tables and items count from 1.

    >>> _location(("choice", 0, "options", 2)), _location(("recipe", "epochs"))
    ('[choice 1].options[3]', 'recipe.epochs')
    """
    text = ""
    for index, part in enumerate(loc):
        if isinstance(part, str):
            text += f".{part}" if text else part
        elif index + 1 < len(loc):
            text = f"[{text} {part + 1}]"
        else:
            text += f"[{part + 1}]"
    return text


def _known_keys(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """Return the keys of the model at ``loc``, or none where it cannot be told."""
    current: Any = model
    for part in loc:
        if isinstance(part, str):
            field = current.model_fields.get(part) if hasattr(current, "model_fields") else None
            if field is None:
                return []
            current = _inner_model(field.annotation)
    fields = getattr(current, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def _inner_model(annotation: Any) -> Any:
    """Return the first model inside an annotation such as ``tuple[Choice, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None

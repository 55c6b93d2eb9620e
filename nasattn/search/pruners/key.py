"""The ``pruner`` key of a study: a name, or a table of a name with settings."""

from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from nasattn.schema import named_table, read_settings
from nasattn.search.pruners import PRUNERS, Pruner


def read_key(value: Any) -> Pruner:
    """Return the pruner that a study's value of the key asks for.

    Raises:
        ValueError: there is none of the name, or a setting is not known or wrong.
    """
    if isinstance(value, Pruner):
        return value
    table = named_table(value, "pruner", PRUNERS)
    return read_settings(table, PRUNERS[table["name"]])


def _write(pruner: Pruner) -> Any:
    values = pruner.model_dump(mode="json", exclude_none=True)
    return values if len(values) > 1 else pruner.name


PrunerKey = Annotated[Pruner, PlainValidator(read_key), PlainSerializer(_write)]

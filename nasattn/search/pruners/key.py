"""The ``pruner`` key of a study: a name, or a table of a name with settings."""

from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from nasattn.schema import named_table, read_settings
from nasattn.search.pruners import PRUNERS, Pruner


def _read(value: Any) -> Pruner:
    if isinstance(value, Pruner):
        return value
    table = named_table(value, "pruner", PRUNERS)
    return read_settings(table, PRUNERS[table["name"]])


def _write(pruner: Pruner) -> Any:
    values = pruner.model_dump(mode="json", exclude_none=True)
    return values if len(values) > 1 else pruner.name


PrunerKey = Annotated[Pruner, PlainValidator(_read), PlainSerializer(_write)]

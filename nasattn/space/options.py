"""The options of one choice: modules with the domains of their hyperparameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nasattn import attention
from nasattn.attention import SlotKind
from nasattn.errors import UnknownNameError, UserError
from nasattn.space.domains import Domain, parse_domain
from nasattn.space.schema import Choice, toml_key

NOTHING = frozenset({"none", "keep"})


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that a decision may put at its sites.

    Attributes:
        module: The attention module's name; None leaves the sites as the backbone has them.
        hyperparameters: Name and domain of each that the file mentions; the others keep
            their defaults.
    """

    module: str | None
    hyperparameters: tuple[tuple[str, Domain], ...] = ()

    @property
    def word(self) -> str:
        """The option in the parameter of its decision: the module's name or ``none``."""
        return self.module or "none"


def parse_options(choice: Choice, place: str) -> tuple[Option, ...]:
    """Read the options of ``choice``.

    Args:
        choice: One ``[[choice]]`` table.
        place: The file and the table, ``x.toml [choice 1]``.

    Raises:
        UnknownNameError: a module, key or hyperparameter that is not known.
        UserError: options that repeat or name no module, a module that cannot fill this
            slot kind, or a hyperparameter whose domain cannot be read.
    """
    _check_names(choice.options, f"{place}.options")
    modules = [word for word in choice.options if word not in NOTHING]
    if not modules:
        raise UserError(f"{place}.options = {list(choice.options)}: names no attention module")
    for name in modules:
        _check_slot(name, choice.slot, f"{place}.options")
    tables = choice.tables
    for key, table in tables.items():
        _check_table(key, table, modules, place)
    return tuple(
        Option(None) if word in NOTHING else _option(word, tables.get(word, {}), place)
        for word in choice.options
    )


def _check_names(options: tuple[str, ...], place: str) -> None:
    seen: set[str] = set()
    for word in options:
        if word not in NOTHING:
            _check_module(word, place)
        meaning = "none" if word in NOTHING else word
        if meaning in seen:
            also = ' ("none" and "keep" mean the same)' if word in NOTHING else ""
            raise UserError(f'{place}: "{word}" stands there twice{also}')
        seen.add(meaning)


def _check_module(name: str, place: str) -> None:
    try:
        attention.get(name)
    except UnknownNameError as error:
        raise UnknownNameError(error.kind, error.name, [*error.known, *NOTHING], place) from None
    except UserError as error:
        raise UserError(f"{place}: {error}") from None


def _check_slot(name: str, slot: SlotKind, place: str) -> None:
    slots = attention.get(name).slots
    if slot not in slots:
        goes = ", ".join(kind for kind in SlotKind if kind in slots)
        fits = ", ".join(n for n in attention.known_names() if slot in attention.get(n).slots)
        raise UserError(
            f'{place}: "{name}" cannot stand in {slot}, only in {goes}; {slot} takes: {fits}'
        )


def _check_table(key: str, table: Any, modules: list[str], place: str) -> None:
    if key not in modules and key not in attention.known_names():
        raise UnknownNameError("key", key, [*Choice.model_fields, *modules], place)
    if key not in modules:
        raise UserError(f'{place}.{key}: "{key}" is not among the options {modules}')
    if not isinstance(table, dict):
        raise UserError(
            f"{place}.{key} = {table!r}: must be a table of hyperparameters, {_example(key)}"
        )


def _example(module: str) -> str:
    shown = toml_key(module)
    names = [f"{shown}.{parameter.name}" for parameter in attention.get(module).hyperparameters]
    return f"such as {names[0]} = […]" if names else "and it has none"


def _option(module: str, table: Mapping[str, Any], place: str) -> Option:
    known = [parameter.name for parameter in attention.get(module).hyperparameters]
    for name in table:
        if name not in known:
            raise UnknownNameError(f"{module} hyperparameter", name, known, f"{place}.{module}")
    return Option(
        module,
        tuple(
            (name, parse_domain(value, f"{place}.{module}.{name}")) for name, value in table.items()
        ),
    )

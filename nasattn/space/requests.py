"""Module options of the command line, such as ``--gct before_conv --eca-kernel adaptive,3,5``."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from nasattn import attention
from nasattn.attention import SlotKind
from nasattn.errors import UnknownNameError, UserError
from nasattn.space.domains import Scalar

_EXAMPLE = "such as --gct before_conv --atac-ratio 2,4 --eca-kernel adaptive,3,5 --se"


@dataclass(slots=True)
class Request:
    """One attention module that the command line asks for.

    Attributes:
        module: Its name.
        slot: The slot kind given with it; None leaves that to the module and the backbone.
        table: Values of its hyperparameters as a search-space file writes them.
    """

    module: str
    slot: SlotKind | None = None
    table: dict[str, Any] = field(default_factory=dict)


def parse_requests(arguments: Iterable[str]) -> tuple[Request, ...]:
    """Read ``--MODULE [SLOT]`` and ``--MODULE-HYPERPARAMETER VALUES``.

    A hyperparameter may be cut short (``--eca-kernel``); dashes stand for underscores.

    Raises:
        UnknownNameError: an unknown module, hyperparameter or slot kind.
        UserError: no module at all, a missing value, or something that is no option.
    """
    requests: dict[str, Request] = {}
    for option, value in _pairs(arguments):
        module, rest = _split(option)
        request = requests.setdefault(module, Request(module))
        if rest:
            name = _hyperparameter(module, rest, option)
            request.table[name] = parse_values(value, option)
        elif value is not None:
            request.slot = _slot(value, option)
    if not requests:
        raise UserError(f"no attention module is named; add options {_EXAMPLE}")
    return tuple(requests.values())


def parse_values(text: str | None, option: str) -> Any:
    """Read ``16``, ``adaptive,3,5`` or ``1e-5:1e-2`` (an interval).

    An interval of positive numbers that spans a factor of ten or more is logarithmic.

    Raises:
        UserError: there is no value, or the ends of an interval are no numbers.
    """
    if not text:
        raise UserError(f"{option} needs a value, such as 3 or 3,5,7 or 1e-5:1e-2")
    if ":" in text:
        low, high = _ends(text, option)
        log = low > 0 and high / low >= 10
        return {"low": low, "high": high, **({"log": True} if log else {})}
    values = [parse_scalar(item) for item in text.split(",")]
    return values if len(values) > 1 else values[0]


def parse_scalar(text: str) -> Scalar:
    """Read a finite number, ``true``, ``false``, or else a word."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return number if math.isfinite(number := float(text)) else text
    except ValueError:
        return text


def _ends(text: str, option: str) -> tuple[float, float]:
    ends = [parse_scalar(part) for part in text.split(":")]
    numbers = [end for end in ends if isinstance(end, (int, float))]
    if len(ends) != 2 or len(numbers) != 2:
        raise UserError(f"{option} {text}: an interval is LOW:HIGH, such as 1e-5:1e-2")
    return numbers[0], numbers[1]


def _pairs(arguments: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Pair each option with the value that follows it, if one does."""
    rest = list(arguments)
    while rest:
        option, equals, value = rest.pop(0).partition("=")
        if not option.startswith("--"):
            raise UserError(f'unexpected argument "{option}"; options are {_EXAMPLE}')
        if equals:
            yield option, value
        elif rest and not rest[0].startswith("--"):
            yield option, rest.pop(0)
        else:
            yield option, None


def _split(option: str) -> tuple[str, str]:
    """Split ``--eca-kernel-size`` into ``eca`` and ``kernel_size``.

    A name with a colon, one of another library's (``--timm:gc-rd-ratio``), ends at the dash.
    """
    name = option[2:]
    head, _, rest = name.partition("-")
    if ":" in head:
        return attention.get(head).name, rest.replace("-", "_")
    for module in attention.known_names():
        if name == module or name.startswith(f"{module}-"):
            return module, name[len(module) + 1 :].replace("-", "_")
    known = [f"--{module}" for module in attention.known_names()]
    raise UnknownNameError("option", option, [*known, *_OWN_OPTIONS], "nasattn space new")


_OWN_OPTIONS = ("--backbone", "--backbone-arg", "--force", "--input-shape", "--scope")


def _hyperparameter(module: str, start: str, option: str) -> str:
    names = [parameter.name for parameter in attention.get(module).hyperparameters]
    if start in names:
        return start
    matching = [name for name in names if name.startswith(start)]
    if len(matching) != 1:
        raise UnknownNameError(f"{module} hyperparameter", start, names, option)
    return matching[0]


def _slot(value: str, option: str) -> SlotKind:
    if value not in set(SlotKind):
        raise UnknownNameError("slot", value, list(SlotKind), option)
    return SlotKind(value)

"""The attention modules by name: what they are called, where they fit, what they take."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from torch import nn

from nasattn.attention.entry import Entry, Resolver
from nasattn.attention.external import EXTERNAL_FORMS, external_entry, installed
from nasattn.attention.hyperparameter import INTEGER, Hyperparameter, Scalar, Size
from nasattn.attention.slot_kind import SlotKind
from nasattn.errors import UnknownNameError, UserError

Module = TypeVar("Module", bound=nn.Module)
_entries: dict[str, Entry] = {}
ENTRIES: Mapping[str, Entry] = MappingProxyType(_entries)
"""Every registered attention module by its name; read-only. Those of others are not here."""


def register(  # noqa: PLR0913 - one argument per fact about the module
    name: str,
    *,
    slots: Iterable[SlotKind],
    paper: str,
    url: str,
    hyperparameters: tuple[Hyperparameter, ...] = (),
    resolve: Resolver,
) -> Callable[[type[Module]], type[Module]]:
    """Return a class decorator that enters an attention module into ``ENTRIES``.

    The arguments are those of ``Entry``. The decorator raises a ValueError where the
    name is taken, since which of two modules a search space means must not depend on imports.
    """

    def enter(cls: type[Module]) -> type[Module]:
        if name in _entries:
            older = _entries[name].cls
            raise ValueError(
                f'attention module "{name}" is already {older.__module__}.{older.__qualname__}; '
                f"{cls.__module__}.{cls.__qualname__} needs another name"
            )
        kinds = frozenset(slots)
        _entries[name] = Entry(name, cls, kinds, paper, url, hyperparameters, resolve)
        return cls

    return enter


def get(name: str) -> Entry:
    """Return the entry of the attention module called ``name``.

    A name with a colon is one of another library's (``timm:gc``) or the user's own
    (``package.module:Class``); other unknown names may be entry points.

    Raises:
        UnknownNameError: there is none.
        UserError: the library is not installed, or the class cannot be imported.
    """
    if name in _entries:
        return _entries[name]
    if ":" in name or name in installed():
        return external_entry(name)
    raise UnknownNameError("attention module", name, [*known_names(), *EXTERNAL_FORMS])


def known_names() -> list[str]:
    """Return the names without a colon: ours, those registered, and entry points."""
    return [*_entries, *(name for name in installed() if name not in _entries)]


def resolve_options(
    name: str, options: Mapping[str, object], channels: int, size: Size | None = None
) -> dict[str, Scalar]:
    """Return the complete canonical options: equal networks have equal options.

    Defaults are filled in (also where an option is None), words such as ``"adaptive"``
    become numbers, and options without effect are dropped. Resolving twice changes nothing.

    >>> resolve_options("eca", {}, channels=64)
    {'kernel_size': 3}

    Args:
        name: The attention module's name.
        options: What the user gave.
        channels: The site's channels.
        size: The site's (H, W); some modules need it.

    Raises:
        UnknownNameError: no such module, or no such option of it.
        UserError: an illegal value; names module, option, value and rule.
    """
    entry = get(name)
    _check_site(channels, size)
    known = [hyperparameter.name for hyperparameter in entry.hyperparameters]
    for option in options:
        if option not in known:
            raise UnknownNameError(f"option of {name}", option, known)
    values = {item.name: _value(name, item, options) for item in entry.hyperparameters}
    return entry.resolve(channels, size, **values)


def create(
    name: str, channels: int, size: Size | None = None, **options: Scalar | None
) -> nn.Module:
    """Return a new attention module that maps (N, C, H, W) to the same shape.

    >>> create("eca", channels=64, kernel_size=5).conv
    Conv1d(1, 1, kernel_size=(5,), stride=(1,), padding=(2,), bias=False)

    Args:
        name: The attention module's name.
        channels: C.
        size: (H, W) of the maps that it will see; some modules need it.
        options: Its hyperparameters, see ``ENTRIES[name].hyperparameters``.

    Raises:
        UnknownNameError: no such module, or no such option of it.
        UserError: an illegal value; names module, option, value and rule.
    """
    resolved = resolve_options(name, options, channels, size)
    return get(name).cls(channels, size, **resolved)


def _value(name: str, item: Hyperparameter, options: Mapping[str, object]) -> Scalar | None:
    given = options.get(item.name)
    value = item.default if given is None else given
    return None if value is None else item.check(name, value)


def _check_site(channels: int, size: Size | None) -> None:
    if not INTEGER.accepts(channels):
        raise UserError(f"channels = {channels!r}: must be {INTEGER.words}")
    if size is None:
        return
    if not isinstance(size, tuple) or len(size) != 2 or not all(map(INTEGER.accepts, size)):
        raise UserError(f"size = {size!r}: must be (H, W), two integers of at least 1")

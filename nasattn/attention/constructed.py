"""The entry of an attention module of which no more is known than its constructor.

The first argument takes the channels; numbers, flags and words with defaults are
hyperparameters. Whether the module keeps the shape of a map is tried on the map itself.
"""

import functools
import hashlib
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from nasattn.attention.entry import Entry
from nasattn.attention.hyperparameter import (
    ANY_INTEGER,
    FLAG,
    NUMBER,
    Hyperparameter,
    Rule,
    Scalar,
    Size,
    one_of,
)
from nasattn.attention.slot_kind import SlotKind
from nasattn.errors import UnknownNameError, UserError

# What an attribute of a module holds by other means.
_REGISTRIES = frozenset({"_buffers", "_modules", "_parameters"})
_MAPS = (SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END)
# By these names constructors take the (H, W) of their maps.
_SIZES = ("size", "feat_size")


def entry_of(
    name: str, constructor: Callable[..., nn.Module], paper: str = "", url: str = ""
) -> Entry:
    """Return the entry of a module of which no more than the constructor is known.

    An option that makes the very module that its default makes is written as the default.

    Args:
        name: What search spaces call it.
        constructor: Called as ``constructor(channels, **options)``, and with ``size`` or
            ``feat_size``, the (H, W) of its maps, where it takes that. Its attribute ``slots``
            names the slot kinds that it fits: all but ``activation`` where it has none.
        paper: What it is; else the attribute ``paper`` or the first line of the docstring.
        url: Where it is; else the attribute ``url``.

    Raises:
        UserError: ``slots`` names no slot kind.
    """
    make = functools.partial(_make, constructor)
    hyperparameters = _hyperparameters(constructor)
    defaults = {item.name: item.default for item in hyperparameters if item.default is not None}

    @functools.lru_cache(maxsize=4096)
    def resolved(
        channels: int, size: Size | None, options: tuple[tuple[str, Scalar], ...]
    ) -> dict[str, Scalar]:
        special = ", ".join(
            f"{key} = {value!r}" for key, value in options if value != defaults[key]
        )
        with_options = f"{name} with {special}" if special else name
        _check_shape(
            with_options,
            functools.partial(make, channels, size, **dict(options)),
            (2, channels, *(size or (8, 8))),
        )
        return _without_effectless(functools.partial(make, channels, size), dict(options), defaults)

    def resolve(channels: int, size: Size | None, **values: Scalar) -> dict[str, Scalar]:
        return dict(resolved(channels, size, tuple(values.items())))

    about = paper or str(getattr(constructor, "paper", _first_line(constructor)))
    where = url or str(getattr(constructor, "url", ""))
    return Entry(name, make, _slots(name, constructor), about, where, hyperparameters, resolve)


def _first_line(constructor: Callable[..., nn.Module]) -> str:
    return (inspect.getdoc(constructor) or "").partition("\n")[0]


def _slots(name: str, constructor: Callable[..., nn.Module]) -> frozenset[SlotKind]:
    named = tuple(getattr(constructor, "slots", _MAPS))
    for slot in named:
        if slot not in set(SlotKind):
            raise UnknownNameError("slot", slot, list(SlotKind), f"{name}.slots")
    return frozenset(map(SlotKind, named))


def _make(
    constructor: Callable[..., nn.Module], channels: int, size: Size | None, **options: Scalar
) -> nn.Module:
    taken = _parameters(constructor)
    sized = {key: size for key in _SIZES if key in taken}
    return constructor(channels, **sized, **options)


def _parameters(constructor: Callable[..., nn.Module]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(constructor, eval_str=True).parameters
    except NameError:  # an annotation that only a type checker can read
        return inspect.signature(constructor).parameters


def _hyperparameters(constructor: Callable[..., nn.Module]) -> tuple[Hyperparameter, ...]:
    fixed: Mapping[str, Any] = getattr(constructor, "keywords", {})
    return tuple(
        Hyperparameter(parameter.name, parameter.default, rule)
        for parameter in _parameters(constructor).values()
        if parameter.name not in fixed and (rule := _rule(parameter)) is not None
    )


def _rule(parameter: inspect.Parameter) -> Rule | None:
    """Return the rule of a number, flag or word with a default; None for any other parameter.

    A word says by ``Literal["a", "b"]`` which there are.
    """
    if isinstance(parameter.default, bool):
        return FLAG
    if typing.get_origin(parameter.annotation) is typing.Literal:
        words = typing.get_args(parameter.annotation)
        return one_of(*words) if all(isinstance(word, str) for word in words) else None
    if isinstance(parameter.default, float) or parameter.annotation is float:
        return NUMBER if isinstance(parameter.default, int | float) else None
    return ANY_INTEGER if isinstance(parameter.default, int) else None


def _check_shape(name: str, make: Callable[[], nn.Module], shape: tuple[int, ...]) -> None:
    maps = "×".join(map(str, shape[1:]))
    try:
        result = _tried(name, make, shape, "meta")
    except UserError:
        raise
    except Exception:  # it may look at values, which that device has none of
        try:
            result = _tried(name, make, shape, "cpu")
        except Exception as error:  # a library asserts, and passes on what its layers raise
            raise UserError(f"{name} fails on maps of {maps} (C×H×W): {error!r}") from error
    if not isinstance(result, torch.Tensor):
        kind = type(result).__name__
        raise UserError(f"{name} returns {kind} for maps of {maps} (C×H×W), not a map")
    if result.shape != shape:
        made = "×".join(map(str, result.shape[1:]))
        raise UserError(
            f"{name} changes the shape of maps of {maps} (C×H×W) to {made}: must keep it"
        )


def _tried(name: str, make: Callable[[], nn.Module], shape: tuple[int, ...], device: str) -> Any:
    with torch.device(device), torch.random.fork_rng(devices=[]), torch.no_grad():
        module = make()
        if not isinstance(module, nn.Module):
            raise UserError(f"{name} makes {type(module).__name__}, not an nn.Module")
        return module.eval()(torch.zeros(shape))


def _without_effectless(
    make: Callable[..., nn.Module], options: dict[str, Scalar], defaults: Mapping[str, Scalar]
) -> dict[str, Scalar]:
    """Set the options that make the very module that their default makes to the default."""
    own = _fingerprint(make, options)
    for key, default in defaults.items():
        other = {**options, key: default}
        if options[key] != default and _fingerprint(make, other) == own:
            options = other
    return options


def _fingerprint(make: Callable[..., nn.Module], options: Mapping[str, Scalar]) -> str:
    """Return a digest of a module's attributes and of its weights from one seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        try:
            module = make(**options)
        except Exception as error:  # a default may not fit the map
            return repr(error)
    digest = hashlib.sha256()
    for path, part in module.named_modules():
        plain = {key: value for key, value in vars(part).items() if key not in _REGISTRIES}
        digest.update(f"{path} {type(part)} {sorted(plain.items(), key=str)!r}".encode())
    for key, tensor in module.state_dict().items():
        digest.update(key.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()

"""Attention modules that others wrote, found by name when they are asked for: timm's.

What is known of such a module is its constructor: the first argument takes the channels, and
its numbers and flags with defaults are hyperparameters. Whether it keeps the shape of a map
is tried on the map itself.
"""

import functools
import hashlib
import inspect
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
)
from nasattn.attention.slot_kind import SlotKind
from nasattn.errors import UnknownNameError, UserError
from nasattn.extras import import_timm

EXTERNAL_FORMS = ("timm:NAME",)
"""How the names of modules that others wrote look."""

# timm has a function from names to classes, and no list of the names.
# fmt: off
_TIMM_NAMES = (
    "bat", "bottleneck", "cbam", "ceca", "coord", "eca", "ecam", "ela", "ese", "gc", "gca", "ge",
    "halo", "lambda", "lcbam", "nl", "scoord", "se", "sk", "splat", "strip",
)
# fmt: on
_TIMM_URL = "https://github.com/huggingface/pytorch-image-models"
# What an attribute of a module holds by other means.
_REGISTRIES = frozenset({"_buffers", "_modules", "_parameters"})
_MAPS = frozenset({SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END})


@functools.cache
def external_entry(name: str) -> Entry:
    """Return the entry of a module that others wrote.

    Args:
        name: ``timm:NAME``, a name of timm's ``create_attn``.

    Raises:
        UnknownNameError: there is no such module.
        UserError: timm is not installed.
    """
    library, _, rest = name.partition(":")
    if library != "timm":
        raise UnknownNameError("attention module", name, EXTERNAL_FORMS)
    timm = import_timm(f"attention module {name}")
    if rest not in _TIMM_NAMES:
        raise UnknownNameError("timm attention module", rest, _TIMM_NAMES)
    constructor = timm.layers.get_attn(rest)
    written = getattr(constructor, "func", constructor)
    return entry_of(name, constructor, f"timm's {written.__name__}", _TIMM_URL)


def entry_of(name: str, constructor: Callable[..., nn.Module], paper: str, url: str) -> Entry:
    """Return the entry of a module of which no more than the constructor is known.

    An option that makes the very module that its default makes is written as the default.

    Args:
        name: What search spaces call it.
        constructor: Called as ``constructor(channels, **options)``, and with ``feat_size``,
            the (H, W) of its maps, where it takes that.
        paper: What it is.
        url: Where it is.
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

    return Entry(name, make, _MAPS, paper, url, hyperparameters, resolve)


def _make(
    constructor: Callable[..., nn.Module], channels: int, size: Size | None, **options: Scalar
) -> nn.Module:
    sized = {"feat_size": size} if "feat_size" in inspect.signature(constructor).parameters else {}
    return constructor(channels, **sized, **options)


def _hyperparameters(constructor: Callable[..., nn.Module]) -> tuple[Hyperparameter, ...]:
    fixed: Mapping[str, Any] = getattr(constructor, "keywords", {})
    return tuple(
        Hyperparameter(parameter.name, parameter.default, rule)
        for parameter in inspect.signature(constructor).parameters.values()
        if parameter.name not in fixed and (rule := _rule(parameter)) is not None
    )


def _rule(parameter: inspect.Parameter) -> Rule | None:
    """Return the rule of a number or flag with a default; None for any other parameter."""
    if isinstance(parameter.default, bool):
        return FLAG
    if isinstance(parameter.default, float) or parameter.annotation is float:
        return NUMBER if isinstance(parameter.default, int | float) else None
    return ANY_INTEGER if isinstance(parameter.default, int) else None


def _check_shape(name: str, make: Callable[[], nn.Module], shape: tuple[int, ...]) -> None:
    maps = "×".join(map(str, shape[1:]))
    try:
        with torch.device("meta"), torch.random.fork_rng(devices=[]), torch.no_grad():
            result = make().eval()(torch.empty(shape))
    except Exception as error:  # a library asserts, and passes on what its layers raise
        raise UserError(f"{name} fails on maps of {maps} (C×H×W): {error!r}") from error
    if not (isinstance(result, torch.Tensor) and result.shape == shape):
        raise UserError(f"{name} changes the shape of maps of {maps} (C×H×W)")


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

"""From the name of a backbone to the network."""

from collections.abc import Callable, Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any

from torch import nn

from nasattn.backbones import alexnet, mobilenet, mobilenet_v2, resnet_cifar, resnet_stem
from nasattn.backbones.external import (
    timm_input_shape,
    timm_network,
    torchvision_network,
    user_network,
)
from nasattn.backbones.limits import Shape, check_outputs
from nasattn.errors import UnknownNameError, UserError

OWN: Mapping[str, Callable[..., nn.Module]] = MappingProxyType(
    {
        "alexnet": alexnet.AlexNet,
        "mobilenet": mobilenet.MobileNet,
        "mobilenet_v2": mobilenet_v2.mobilenet_v2,
        "resnet8": resnet_cifar.resnet8,
        "resnet18": resnet_stem.resnet18,
        "resnet20": resnet_cifar.resnet20,
        "resnet32": resnet_cifar.resnet32,
        "resnet50": resnet_stem.resnet50,
        "resnet56": resnet_cifar.resnet56,
    }
)

_LIBRARIES: Mapping[str, Callable[[str, int, int, Mapping[str, Any]], nn.Module]] = (
    MappingProxyType({"timm": timm_network, "torchvision": torchvision_network})
)

# These follow from the study and the images.
_GIVEN = ("num_classes", "in_channels")

# What our own factories take: channels of the first stage, or a share of all channels.
_WIDTHS = {int: ("a positive integer", 1, 1024), float: ("a number", 0.01, 8.0)}


def create(
    name: str, /, num_classes: int = 10, in_channels: int = 3, **arguments: Any
) -> nn.Module:
    """Return the backbone ``name`` with fresh weights from torch's global generator.

    Args:
        name: One of ours, ``torchvision:NAME``, ``timm:NAME``, or ``package.module:factory``.
        num_classes: Number of outputs.
        in_channels: Channels of the images.
        arguments: What else the factory takes, such as ``width``.

    Raises:
        UnknownNameError: there is no such backbone.
        UserError: it does not take these arguments, a user's factory fails, or the classes or
            channels are too many.
    """
    check_outputs(num_classes, in_channels)
    family, colon, rest = name.partition(":")
    if colon and family in _LIBRARIES:
        return _LIBRARIES[family](rest, num_classes, in_channels, arguments)
    if colon:
        return user_network(name, num_classes, in_channels, arguments)
    if name not in OWN:
        known = [*OWN, *(f"{library}:NAME" for library in _LIBRARIES), "package.module:factory"]
        raise UnknownNameError("backbone", name, known)
    complete = complete_arguments(name, arguments)
    return OWN[name](num_classes=num_classes, in_channels=in_channels, **complete)


def is_drawn(name: str) -> bool:
    """Tell whether a backbone's weights are always drawn; a factory may load some of its own."""
    return name in OWN or name.startswith("torchvision:")


def complete_arguments(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a factory takes besides, with the defaults of our own factories filled in.

    >>> complete_arguments("resnet20", {}), complete_arguments("alexnet", {})
    ({'width': 16}, {})
    >>> complete_arguments("mobilenet", {"width": 1})
    {'width': 1.0}

    Raises:
        UserError: the number of classes or channels is among the arguments, or one of our own
            factories does not take an argument or its value.
    """
    for key in _GIVEN:
        if key in arguments:
            raise UserError(
                f"backbone {name}: {key} = {arguments[key]!r} is no argument to give; "
                "it follows from the data and the input shape"
            )
    if name not in OWN:
        return dict(arguments)
    defaults = _defaults(name)
    given = {key: _checked(name, key, value, defaults) for key, value in arguments.items()}
    return {**defaults, **given}


def _defaults(name: str) -> dict[str, Any]:
    parameters = signature(OWN[name]).parameters
    return {key: p.default for key, p in parameters.items() if key not in _GIVEN}


def _checked(name: str, key: str, value: Any, defaults: Mapping[str, Any]) -> Any:
    """Return an argument of our own factory ``name`` in the type of its default."""
    if key not in defaults:
        allowed = ", ".join(sorted(defaults)) or "none"
        raise UserError(f"backbone {name} takes no argument {key!r}; it takes: {allowed}")
    kind = type(defaults[key])
    what, low, high = _WIDTHS[kind]
    if type(value) not in (int, kind) or not low <= value <= high:
        raise UserError(
            f"backbone {name}: {key} = {value!r}, but must be {what} from {low} to {high}"
        )
    return kind(value)


def default_input_shape(name: str) -> Shape:
    """Return the (C, H, W) that a backbone was drawn for.

    >>> default_input_shape("alexnet"), default_input_shape("torchvision:resnet18")
    ((3, 128, 128), (3, 224, 224))

    Raises:
        UnknownNameError: it is a network of timm's that timm does not have.
        UserError: it is a network of timm's, and timm is not installed.
    """
    if name == "alexnet":
        return (3, 128, 128)
    if name.startswith("timm:"):
        return timm_input_shape(name.removeprefix("timm:"))
    if name == "torchvision:inception_v3":
        return (3, 299, 299)
    return (3, 224, 224) if name.startswith("torchvision:") else (3, 32, 32)

"""From the name of a backbone to the network."""

from collections.abc import Callable, Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any

from torch import nn

from nasattn.backbones import alexnet, resnet_cifar, resnet_stem
from nasattn.backbones.external import (
    timm_input_shape,
    timm_network,
    torchvision_network,
    user_network,
)
from nasattn.errors import UnknownNameError, UserError

Shape = tuple[int, int, int]

OWN: Mapping[str, Callable[..., nn.Module]] = MappingProxyType(
    {
        "alexnet": alexnet.AlexNet,
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
        UserError: it does not take these arguments, or a user's factory fails.
    """
    family, colon, rest = name.partition(":")
    if colon and family in _LIBRARIES:
        return _LIBRARIES[family](rest, num_classes, in_channels, arguments)
    if colon:
        return user_network(name, num_classes, in_channels, arguments)
    if name not in OWN:
        known = [*OWN, *(f"{library}:NAME" for library in _LIBRARIES), "package.module:factory"]
        raise UnknownNameError("backbone", name, known)
    return _create_own(name, num_classes, in_channels, arguments)


def complete_arguments(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a factory takes besides, with the defaults of our own factories filled in.

    >>> complete_arguments("resnet20", {}), complete_arguments("alexnet", {})
    ({'width': 16}, {})

    Raises:
        UserError: the number of classes or channels is among the arguments.
    """
    for key in _GIVEN:
        if key in arguments:
            raise UserError(
                f"backbone {name}: {key} = {arguments[key]!r} is no argument to give; "
                "it follows from the data and the input shape"
            )
    return {**_defaults(name), **arguments}


def _defaults(name: str) -> dict[str, Any]:
    parameters = signature(OWN[name]).parameters if name in OWN else {}
    return {key: p.default for key, p in parameters.items() if key not in _GIVEN}


def _create_own(
    name: str, num_classes: int, in_channels: int, arguments: Mapping[str, Any]
) -> nn.Module:
    taken = _defaults(name)
    for key, value in arguments.items():
        if key not in taken:
            allowed = ", ".join(sorted(taken)) or "none"
            raise UserError(f"backbone {name} takes no argument {key!r}; it takes: {allowed}")
        if type(value) is not int or value < 1:
            raise UserError(f"backbone {name}: {key} = {value!r}, but must be a positive integer")
    return OWN[name](num_classes=num_classes, in_channels=in_channels, **arguments)


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

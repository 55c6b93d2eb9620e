"""Networks that others wrote: torchvision's, timm's and the user's own."""

import copy
from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.nn.parameter import is_lazy

from nasattn.errors import UnknownNameError, UserError
from nasattn.extras import import_timm
from nasattn.user_code import guarded, imported

# These two ask for a choice of initialisation and print a warning when none is made.
_INIT_ASKED = frozenset({"googlenet", "inception_v3"})


def torchvision_names() -> list[str]:
    """Return torchvision's classification networks."""
    import torchvision  # takes seconds, and other backbones need none of it

    names: list[str] = torchvision.models.list_models(module=torchvision.models)
    return names


def torchvision_network(
    name: str, num_classes: int, in_channels: int, arguments: Mapping[str, Any]
) -> nn.Module:
    """Return torchvision's network ``name`` with fresh weights.

    Raises:
        UnknownNameError: torchvision has no such classification network.
        UserError: it does not take these arguments.
    """
    import torchvision

    if name not in torchvision_names():
        raise UnknownNameError("torchvision classification network", name, torchvision_names())
    asked = {"init_weights": True} if name in _INIT_ASKED else {}
    with guarded(f"backbone torchvision:{name} with {dict(arguments)}"):
        net: nn.Module = torchvision.models.get_model(
            name, weights=None, num_classes=num_classes, **asked, **arguments
        )
    return net if in_channels == 3 else with_input_channels(net, in_channels)


def with_input_channels(net: nn.Module, in_channels: int) -> nn.Module:
    """Replace the first convolution, in place, by one with ``in_channels`` and fresh weights."""
    path, conv = next((p, m) for p, m in net.named_modules() if isinstance(m, nn.Conv2d))
    stem = nn.Conv2d(
        in_channels,
        conv.out_channels,
        conv.kernel_size,  # type: ignore[arg-type]  # torch annotates it more widely than it is
        conv.stride,  # type: ignore[arg-type]  # as above
        conv.padding,  # type: ignore[arg-type]  # as above
        bias=conv.bias is not None,
    )
    owner, _, child = path.rpartition(".")
    setattr(net.get_submodule(owner), child, stem)
    return net


def timm_network(
    name: str, num_classes: int, in_channels: int, arguments: Mapping[str, Any]
) -> nn.Module:
    """Return timm's network ``name`` with fresh weights; nothing is downloaded.

    Raises:
        UnknownNameError: timm has no such network.
        UserError: timm is not installed, or the network does not take these arguments.
    """
    timm = _timm_with(name)
    given = {"pretrained": False, "num_classes": num_classes, "in_chans": in_channels}
    for key in (*given, "checkpoint_path", "pretrained_cfg"):
        if key in arguments:
            raise UserError(
                f"backbone timm:{name}: {key} is no argument to give; weights are fresh, and "
                "classes and channels follow from the data"
            )
    try:
        net: nn.Module = timm.create_model(name, **given, **arguments)
    except Exception as error:  # timm asserts, and passes on what its layers raise
        raise UserError(f"backbone timm:{name} with {dict(arguments)}: {error!r}") from error
    return net


def timm_input_shape(name: str) -> tuple[int, int, int]:
    """Return the (C, H, W) of the images that timm's network was drawn for.

    Raises:
        UnknownNameError: timm has no such network.
        UserError: timm is not installed.
    """
    known = _timm_with(name).get_pretrained_cfg(name, allow_unregistered=True)
    channels, height, width = known.input_size if known else (3, 224, 224)
    return channels, height, width


def _timm_with(name: str) -> Any:
    """Return timm, which must have a network called ``name``."""
    timm = import_timm(f"backbone timm:{name}")
    if name not in (names := timm.list_models()):
        raise UnknownNameError("timm network", name, names)
    return timm


def user_network(
    path: str, num_classes: int, in_channels: int, arguments: Mapping[str, Any]
) -> nn.Module:
    """Return what ``package.module:factory`` makes.

    The factory is called as ``factory(num_classes=…, in_channels=…, **arguments)``.

    Raises:
        UserError: it cannot be imported, fails, or does not return a network.
    """
    factory = imported("backbone", path)
    with guarded(f"backbone {path}: its factory failed"):
        net = factory(num_classes=num_classes, in_channels=in_channels, **arguments)
    if not isinstance(net, nn.Module):
        raise UserError(
            f"backbone {path}: its factory returned {type(net).__name__}, not nn.Module"
        )
    lazy = next((name for name, p in net.named_parameters() if is_lazy(p)), None)
    if lazy is not None:
        raise UserError(f"backbone {path}: the size of {lazy} is left open; give it in the factory")
    # A factory may return the same object each time: training must not reach the next trial.
    with guarded(f"backbone {path}: what its factory returned cannot be copied"):
        return copy.deepcopy(net)

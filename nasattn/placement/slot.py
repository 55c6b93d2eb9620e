"""The place for an attention module, while it is empty."""

import functools
import operator
from collections.abc import Callable
from typing import Any

from torch import Tensor, fx, nn


class Slot(nn.Module):
    """The identity, or the backbone's own activation, until it is filled.

    Args:
        own: The backbone's activation. It stays registered where the backbone has it;
            here it is only referred to, so that no key of the state dict appears twice.

    Shapes: ``(N, C, H, W)`` to the same.
    """

    def __init__(self, own: Callable[[Tensor], Tensor] | None = None) -> None:
        super().__init__()
        self._own = (own,)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the backbone would have without the slot."""
        (own,) = self._own
        return x if own is None else own(x)


def own_activation(node: fx.Node, module: nn.Module | None) -> Callable[[Tensor], Tensor]:
    """Return the activation that a node applies, as a function of its input alone."""
    if module is not None:
        return module
    if node.op == "call_method":
        return operator.methodcaller(str(node.target), *node.args[1:], **node.kwargs)
    function: Any = node.target
    if len(node.args) > 1:
        # Positional settings after the input (a slope, say) become keywords of partial's tail.
        return functools.partial(_apply, function, node.args[1:], dict(node.kwargs))
    keywords = {key: value for key, value in node.kwargs.items() if key != "input"}
    return functools.partial(function, **keywords)


def _apply(
    function: Callable[..., Tensor], rest: tuple[Any, ...], keywords: dict[str, Any], x: Tensor
) -> Tensor:
    return function(x, *rest, **keywords)

"""The place for an attention module, while it is empty."""

import functools
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


class Preceded(nn.Module):
    """Something placed before a child of a module whose ``forward`` cannot be rewritten.

    Args:
        placed: What is placed.
        child: The child that it precedes; without parameters, whose keys would change.

    Shapes: as the child's.
    """

    def __init__(self, placed: nn.Module, child: nn.Module) -> None:
        super().__init__()
        self.placed, self.child = placed, child

    def forward(self, x: Tensor) -> Tensor:
        """Return what the child makes of what was placed."""
        result: Tensor = self.child(self.placed(x))
        return result


def own_activation(node: fx.Node, module: nn.Module | None) -> Callable[[Tensor], Tensor]:
    """Return the activation that a node applies, as a function of its input alone."""
    if module is not None:
        return module
    if node.op == "call_method":
        # Not operator.methodcaller: torch.compile cannot look into it.
        return functools.partial(_call_method, str(node.target))
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


def _call_method(name: str, x: Tensor) -> Tensor:
    result: Tensor = getattr(x, name)()
    return result

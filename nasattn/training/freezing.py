"""Which part of a network is backbone, and keeping it as it is while attention learns."""

from torch import nn

from nasattn.placement.marking import marked_site


class FrozenBackbone:
    """All of a network but the attention placed in it, held or let go.

    Args:
        network: Parameters that do not require gradients now never will.
    """

    def __init__(self, network: nn.Module) -> None:
        self._modules = backbone_modules(network)
        self._parameters = [
            parameter
            for module in self._modules
            for parameter in module.parameters(recurse=False)
            if parameter.requires_grad
        ]

    def hold(self) -> None:
        """Keep weights and buffers: no gradients, and evaluation mode."""
        for module in self._modules:
            module.training = False  # not eval(), which would reach the attention inside
        self._require_gradients(required=False)

    def let_go(self) -> None:
        """Let it learn again; its mode is left to the caller."""
        self._require_gradients(required=True)

    def _require_gradients(self, *, required: bool) -> None:
        for parameter in self._parameters:
            parameter.requires_grad_(required)


def backbone_modules(network: nn.Module) -> list[nn.Module]:
    """Return the modules that are no placed attention, nor inside one."""
    placed = [module for module in network.modules() if marked_site(module) is not None]
    attention = {id(inner) for module in placed for inner in module.modules()}
    return [module for module in network.modules() if id(module) not in attention]

"""A module of a network whose own ``forward`` holds call sites."""

from dataclasses import dataclass, field

from torch import fx, nn

from nasattn.placement import layers
from nasattn.placement.callsites import CallSite
from nasattn.placement.trace import leaves


@dataclass(slots=True)
class Owner:
    """A module whose own ``forward`` holds call sites.

    Attributes:
        path: Its path in the network; empty for the network itself.
        module: The module.
        graph: Its graph; None where it could not be traced.
        sites: Its call sites, in the order of the graph; where it could not be traced, its
            activation children, which can still be swapped one by one.
        reason: Why it could not be traced, or empty.
    """

    path: str
    module: nn.Module
    graph: fx.Graph | None
    sites: list[CallSite] = field(default_factory=list)
    reason: str = ""

    @property
    def children(self) -> dict[str, nn.Module]:
        """The modules that its graph calls, by target."""
        return leaves(self.module, self.graph) if self.graph is not None else {}

    def calls_of(self, module: nn.Module) -> list[fx.Node]:
        """Return the calls of ``module`` in its graph."""
        children = self.children
        nodes = self.graph.nodes if self.graph is not None else ()
        return [node for node in nodes if layers.called(node, children) is module]

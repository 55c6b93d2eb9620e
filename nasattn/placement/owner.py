"""The modules of a network whose own ``forward`` holds call sites."""

from dataclasses import dataclass, field

from torch import fx, nn

from nasattn.attention.slot_kind import SlotKind
from nasattn.placement import layers
from nasattn.placement.callsites import CallSite, call_names, call_sites, child_activations
from nasattn.placement.trace import Untraceable, leaves, trace_own_forward


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


def find_owners(net: nn.Module) -> list[Owner]:
    """Trace every module of ``net`` that is more than one operation; list those with call sites.

    Modules that cannot be traced are listed with their reason where a convolution or an
    activation is among their children.
    """
    owners = [_own(path, module) for path, module in net.named_modules() if _has_forward(module)]
    _add_ends_without_addition(owners)
    return [owner for owner in owners if owner.sites or owner.reason]


def _has_forward(module: nn.Module) -> bool:
    return type(module).forward is not nn.Module.forward and not layers.is_atom(module)


def _own(path: str, module: nn.Module) -> Owner:
    graph = trace_own_forward(module)
    if isinstance(graph, Untraceable):
        concerned = any(
            isinstance(child, (*layers.CONVOLUTIONS, *layers.ACTIVATIONS))
            for child in module.children()
        )
        reason = graph.reason if concerned else ""
        return Owner(path, module, None, child_activations(module, path), reason)
    return Owner(path, module, graph, call_sites(graph, path, leaves(module, graph)))


def _add_ends_without_addition(owners: list[Owner]) -> None:
    """Give blocks without an addition an end where others of their class have one."""
    residual = {
        type(owner.module)
        for owner in owners
        if any(site.slot is SlotKind.BLOCK_END for site in owner.sites)
    }
    for owner in owners:
        ended = any(site.slot is SlotKind.BLOCK_END for site in owner.sites)
        if owner.graph is None or ended or type(owner.module) not in residual:
            continue
        names = call_names(owner.graph, owner.path)
        for result in owner.graph.output_node().all_input_nodes[:1]:
            if result in names:
                owner.sites.append(CallSite(SlotKind.BLOCK_END, names[result], result))

"""The modules of a network whose own ``forward`` holds call sites."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from torch import fx, nn

from nasattn.attention.slot_kind import SlotKind
from nasattn.placement import layers
from nasattn.placement.callsites import CallSite, call_names, call_sites, child_activations
from nasattn.placement.in_place import spread, writes_in_place
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

    Modules that cannot be traced are listed with their reason where they contain a
    convolution or an activation.
    """
    owners = [_own(path, module) for path, module in net.named_modules() if _has_forward(module)]
    _add_ends_without_addition(owners)
    _keep_first_of_each_name(owners)
    _refuse_shared_parameters(owners, net)
    _refuse_writes_read_elsewhere(owners)
    return [owner for owner in owners if owner.sites or owner.reason]


def _has_forward(module: nn.Module) -> bool:
    return type(module).forward is not nn.Module.forward and not layers.is_atom(module)


def _own(path: str, module: nn.Module) -> Owner:
    graph = trace_own_forward(module)
    if isinstance(graph, Untraceable):
        kinds = (*layers.CONVOLUTIONS, *layers.ACTIVATIONS)
        concerned = any(isinstance(part, kinds) for part in module.modules())
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
        result = _before_activations(owner.graph, leaves(owner.module, owner.graph))
        if result in names:
            owner.sites.append(CallSite(SlotKind.BLOCK_END, names[result], result))


def _before_activations(graph: fx.Graph, children: dict[str, nn.Module]) -> fx.Node:
    """Return what a graph returns, before the activations that end it."""
    node = graph.output_node()
    while node.op == "output" or layers.is_activation(node, children):
        node = node.all_input_nodes[0]
    return node


def _keep_first_of_each_name(owners: list[Owner]) -> None:
    """Drop call sites that an outer module has too.

    A ``forward`` that iterates over an ``nn.Sequential`` calls its children itself; the
    container's own ``forward`` is then not what runs.
    """
    seen: set[str] = set()
    for owner in owners:
        owner.sites = [site for site in owner.sites if site.name not in seen]
        seen.update(site.name for site in owner.sites)


def _refuse_shared_parameters(owners: list[Owner], net: nn.Module) -> None:
    """Refuse the activations whose parameters would still be needed after a replacement."""
    places = Counter(
        id(child) for parent in net.modules() for child in parent._modules.values() if child
    )
    calls = Counter(id(activation) for owner in owners for _, activation in _parametric(owner))
    for owner in owners:
        shared = {
            index for index, own in _parametric(owner) if places[id(own)] + calls[id(own)] > 2
        }
        for index in shared:
            reason = "its parameters are shared by several calls"
            owner.sites[index] = replace(owner.sites[index], refusal=reason)


def _children(owner: Owner) -> dict[str, nn.Module]:
    return leaves(owner.module, owner.graph) if owner.graph is not None else {}


def _parametric(owner: Owner) -> Iterator[tuple[int, nn.Module]]:
    """Yield the activations with parameters at call sites, with the index of the site."""
    children = _children(owner)
    for index, site in enumerate(owner.sites):
        if site.slot is SlotKind.ACTIVATION and site.node is not None:
            module = layers.called(site.node, children)
            if module is not None and any(True for _ in module.parameters()):
                yield index, module


def _refuse_writes_read_elsewhere(owners: list[Owner]) -> None:
    """Refuse the activations whose write into their input something else reads.

    What is placed writes nothing into its input, and so would change more than the activation.
    """
    for owner in owners:
        for index, site in enumerate(owner.sites):
            node = site.node if site.slot is SlotKind.ACTIVATION else None
            if node is None or not writes_in_place(node, _children(owner)):
                continue
            if not site.refusal and _is_read_elsewhere(owner, node, node.all_input_nodes, owners):
                reason = "it writes in place into a map that is, or may be, read again"
                owner.sites[index] = replace(site, refusal=reason)


def _is_read_elsewhere(
    owner: Owner, call: fx.Node, written: Sequence[fx.Node], owners: list[Owner]
) -> bool:
    """Tell whether what ``call`` writes into ``written`` is read other than from its result."""
    spreads = [spread(call, node, _children(owner)) for node in written]
    if any(own.read_later for own in spreads):
        return True
    arguments = [node for own in spreads for node in own.arguments]
    if not arguments or not owner.path:
        return False
    callers = list(_callers(owner, owners))
    if not callers:
        return _has_untraceable_ancestor(owner, owners)
    return any(
        _is_read_elsewhere(caller, node, _passed(node, argument), owners)
        for caller, node in callers
        for argument in arguments
    )


def _callers(owner: Owner, owners: list[Owner]) -> Iterator[tuple[Owner, fx.Node]]:
    """Yield the calls of an owner's module in the graphs of others."""
    for caller in owners:
        children = _children(caller)
        for node in caller.graph.nodes if caller.graph is not None else ():
            if layers.called(node, children) is owner.module:
                yield caller, node


def _passed(call: fx.Node, argument: fx.Node) -> list[fx.Node]:
    """Return the nodes that a call gives for an argument of the called module."""
    arguments = [node for node in argument.graph.nodes if node.op == "placeholder"]
    position = arguments.index(argument)
    by_position = position < len(call.args)
    given = call.args[position] if by_position else call.kwargs.get(str(argument.target))
    nodes: list[fx.Node] = []

    def collect(node: fx.Node) -> fx.Node:
        nodes.append(node)
        return node

    fx.map_arg(given, collect)
    return nodes


def _has_untraceable_ancestor(owner: Owner, owners: list[Owner]) -> bool:
    return any(
        other.graph is None and (not other.path or owner.path.startswith(f"{other.path}."))
        for other in owners
    )

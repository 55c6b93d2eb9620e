"""The modules of a network whose own ``forward`` holds call sites."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from torch import fx, nn

from nasattn.attention.slot_kind import SlotKind
from nasattn.placement import layers
from nasattn.placement.callsites import CallSite, call_names, call_sites, child_activations
from nasattn.placement.fused_norms import move_into_fused_norms
from nasattn.placement.owner import Owner
from nasattn.placement.trace import Untraceable, leaves, trace_own_forward
from nasattn.placement.usage import Usage, usage_of
from nasattn.placement.written_maps import refuse_writes_read_elsewhere


def find_owners(net: nn.Module) -> list[Owner]:
    """Trace every module of ``net`` that is more than one operation; list those with call sites.

    Modules that cannot be traced are listed with their reason where they contain a
    convolution or an activation.
    """
    owners = _all_owners(net)
    _add_ends_without_addition(owners)
    move_into_fused_norms(owners)
    _keep_first_of_each_name(owners)
    _refuse_shared_parameters(owners, net)
    refuse_writes_read_elsewhere(owners)
    return [owner for owner in owners if owner.sites or owner.reason]


def _has_forward(module: nn.Module) -> bool:
    return type(module).forward is not nn.Module.forward and not layers.is_atom(module)


def _all_owners(net: nn.Module) -> list[Owner]:
    parents = _parents(net)
    callers: dict[int, tuple[fx.Graph, nn.Module, Usage]] = {}
    owners: list[Owner] = []
    for path, module in net.named_modules():
        if not _has_forward(module):
            continue
        usage = usage_of(module, parents.get(id(module), ()), callers)
        owners.append(_own(path, module, usage))
        if (graph := owners[-1].graph) is not None:
            callers[id(module)] = (graph, module, usage)
    return owners


def _parents(net: nn.Module) -> dict[int, list[nn.Module]]:
    """Return, by ``id``, the modules with a ``forward`` that a module lies in, at any depth."""
    parents: dict[int, list[nn.Module]] = {}
    for module in net.modules():
        for descendant in list(module.modules())[1:] if _has_forward(module) else ():
            parents.setdefault(id(descendant), []).append(module)
    return parents


def _own(path: str, module: nn.Module, usage: Usage) -> Owner:
    graph = trace_own_forward(module, usage)
    if isinstance(graph, Untraceable):
        swapped = child_activations(module, path)
        reason = graph.reason if _hides_something(module, swapped) else ""
        return Owner(path, module, None, swapped, reason)
    return Owner(path, module, graph, call_sites(graph, path, leaves(module, graph)))


def _hides_something(module: nn.Module, swapped: list[CallSite]) -> bool:
    """Tell whether an untraceable module has more to offer than the activations in it."""
    if isinstance(module, layers.NORMS):
        return len(swapped) < len(layers.activation_children(module))
    return any(
        isinstance(part, layers.CONVOLUTIONS) or layers.is_activation_module(part)
        for part in module.modules()
    )


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


def _parametric(owner: Owner) -> Iterator[tuple[int, nn.Module]]:
    """Yield the activations with parameters at call sites, with the index of the site."""
    children = owner.children
    for index, site in enumerate(owner.sites):
        if site.slot is SlotKind.ACTIVATION and site.node is not None:
            module = layers.called(site.node, children)
            if module is not None and any(True for _ in module.parameters()):
                yield index, module

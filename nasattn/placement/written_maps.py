"""Activations that write into a map which something else reads."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from torch import fx

from nasattn.attention.slot_kind import SlotKind
from nasattn.placement.in_place import spread, writes_in_place
from nasattn.placement.owner import Owner


def refuse_writes_read_elsewhere(owners: list[Owner]) -> None:
    """Refuse the activations whose write into their input something else reads.

    What is placed writes nothing into its input, and so would change more than the activation.
    """
    for owner in owners:
        for index, site in enumerate(owner.sites):
            node = site.node if site.slot is SlotKind.ACTIVATION else None
            if node is None or not writes_in_place(node, owner.children):
                continue
            if not site.refusal and _is_read_elsewhere(owner, node, node.all_input_nodes, owners):
                reason = "it writes in place into a map that is, or may be, read again"
                owner.sites[index] = replace(site, refusal=reason)


def _is_read_elsewhere(
    owner: Owner, call: fx.Node, written: Sequence[fx.Node], owners: list[Owner]
) -> bool:
    """Tell whether what ``call`` writes into ``written`` is read other than from its result."""
    spreads = [spread(call, node, owner.children) for node in written]
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
        for node in caller.calls_of(owner.module):
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

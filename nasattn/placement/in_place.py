"""Calls that write into their input: who else would miss what they wrote."""

from dataclasses import dataclass

from torch import fx, nn

from nasattn.placement import layers

Children = dict[str, nn.Module]

_OPERATORS = frozenset({"iadd", "isub", "imul", "itruediv"})
# These return their input, or a view of it.
_KEEPING_MODULES = (nn.Identity, nn.Flatten, nn.Unflatten, nn.modules.dropout._DropoutNd)
# fmt: off
_KEEPING_NAMES = frozenset({
    "chunk", "contiguous", "detach", "dropout", "dropout2d", "expand", "expand_as",
    "feature_dropout", "flatten", "getitem", "movedim", "narrow", "permute", "reshape",
    "select", "split", "squeeze", "swapaxes", "tensor_split", "transpose", "unbind",
    "unflatten", "unsqueeze", "view", "view_as",
})
# fmt: on


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the memory that a call writes into is met again.

    Attributes:
        read_later: Whether the same graph reads it after the call, other than through what
            the call returns.
        arguments: The arguments of the graph that it came in with.
    """

    read_later: bool
    arguments: tuple[fx.Node, ...]


def writes_in_place(node: fx.Node, children: Children) -> bool:
    """Tell whether a call writes into its first input and returns that."""
    module = layers.called(node, children)
    if module is not None:
        return getattr(module, "inplace", False) is True
    if node.op not in ("call_function", "call_method"):
        return False
    name = _name(node)
    asked = node.kwargs.get("inplace") is True
    if layers.is_activation(node, children):
        asked = asked or any(argument is True for argument in node.args[1:])
    return asked or name in _OPERATORS or (name.endswith("_") and not name.endswith("__"))


def spread(call: fx.Node, written: fx.Node, children: Children) -> Spread:
    """Follow the memory of ``written``, an input that ``call`` writes into."""
    memory = _same_memory(call, written, children)
    later = _nodes_after(call)
    return Spread(
        any(user in later for node in memory for user in node.users),
        tuple(node for node in memory if node.op == "placeholder"),
    )


def _same_memory(call: fx.Node, written: fx.Node, children: Children) -> dict[fx.Node, None]:
    """Return the nodes that may hold the memory of ``written``, not by way of ``call``."""
    found: dict[fx.Node, None] = {}
    frontier = [written]
    while frontier:
        current = frontier.pop()
        if current in found or current is call:
            continue
        found[current] = None
        if _keeps_memory(current, children):
            frontier.append(current.all_input_nodes[0])
        frontier.extend(
            user
            for user in current.users
            if _keeps_memory(user, children) and user.all_input_nodes[0] is current
        )
    return found


def _keeps_memory(node: fx.Node, children: Children) -> bool:
    if not node.all_input_nodes:
        return False
    if isinstance(layers.called(node, children), _KEEPING_MODULES):
        return True
    named = node.op in ("call_function", "call_method") and _name(node) in _KEEPING_NAMES
    return named or writes_in_place(node, children)


def _nodes_after(call: fx.Node) -> set[fx.Node]:
    nodes = list(call.graph.nodes)
    return set(nodes[nodes.index(call) + 1 :])


def _name(node: fx.Node) -> str:
    return str(getattr(node.target, "__name__", node.target))

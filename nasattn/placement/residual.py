"""Which additions are residual, and which of their operands is the residual branch."""

from dataclasses import dataclass

from torch import fx, nn

from nasattn.placement import layers


@dataclass(frozen=True, slots=True)
class Branch:
    """The ``end`` of a residual branch and the node that uses it on the way to the addition."""

    end: fx.Node
    user: fx.Node


def residual_branch(add: fx.Node, children: dict[str, nn.Module]) -> Branch | None:
    """Return the residual branch of an addition, or None where the addition is not residual.

    The branch is the operand with more weighted layers behind it. The other operand must
    reach the block's input through at most one weighted layer (a projection). The end lies
    before drop-path and layer scale.
    """
    first, second = add.all_input_nodes if len(add.all_input_nodes) == 2 else (add, add)
    depth = _depths(add.graph, children)
    branch, shortcut = (first, second) if depth[first] > depth[second] else (second, first)
    if depth[branch] <= depth[shortcut] or depth[shortcut] > 1:
        return None
    if not _reaches_input(shortcut) or not _has_convolution(branch, shortcut, children):
        return None
    return _before_drop_path(Branch(branch, add), children)


def _depths(graph: fx.Graph, children: dict[str, nn.Module]) -> dict[fx.Node, int]:
    """Return the number of weighted layers on the longest path from the input to each node."""
    depth: dict[fx.Node, int] = {}
    for node in graph.nodes:
        module = layers.called(node, children)
        own = layers.count_weighted(module) if module is not None else 0
        depth[node] = own + max((depth[n] for n in node.all_input_nodes), default=0)
        # A sum starts the next block: what lies behind it is no part of that block's branch.
        if layers.is_addition(node) and _closes_block(node, depth):
            depth[node] = 0
    return depth


def _closes_block(add: fx.Node, depth: dict[fx.Node, int]) -> bool:
    counts = sorted(depth[node] for node in add.all_input_nodes)
    return len(counts) == 2 and counts[0] <= 1 and counts[1] > counts[0]


def _reaches_input(node: fx.Node) -> bool:
    frontier = [node]
    while frontier:
        current = frontier.pop()
        if current.op == "placeholder":
            return True
        frontier.extend(current.all_input_nodes)
    return False


def _has_convolution(branch: fx.Node, stop: fx.Node, children: dict[str, nn.Module]) -> bool:
    """Tell whether a convolution lies on the branch (else it is no branch over maps)."""
    frontier, seen = [branch], {stop}
    while frontier:
        current = frontier.pop()
        if current in seen:
            continue
        seen.add(current)
        module = layers.called(current, children)
        if module is not None and layers.count_convolutions(module):
            return True
        frontier.extend(current.all_input_nodes)
    return False


def _before_drop_path(branch: Branch, children: dict[str, nn.Module]) -> Branch:
    """Walk back over drop-path and layer scale to what they act on."""
    while True:
        module = layers.called(branch.end, children)
        dropped = module is not None and type(module).__name__ in layers.DROP_PATHS
        inner = branch.end.all_input_nodes[0] if dropped else _scaled_value(branch.end)
        if inner is None:
            return branch
        branch = Branch(inner, branch.end)


def _scaled_value(node: fx.Node) -> fx.Node | None:
    """Return the value that a layer scale (a product with a parameter) multiplies."""
    if node.op != "call_function" or getattr(node.target, "__name__", "") != "mul":
        return None
    values = [n for n in node.all_input_nodes if n.op != "get_attr"]
    return values[0] if len(values) == 1 and len(node.all_input_nodes) == 2 else None

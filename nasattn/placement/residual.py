"""Which additions are residual, and which of their operands is the residual branch."""

from dataclasses import dataclass

from torch import fx, nn

from nasattn.placement import layers

Children = dict[str, nn.Module]


@dataclass(frozen=True, slots=True)
class Branch:
    """The ``end`` of a residual branch and the node that uses it on the way to the addition."""

    end: fx.Node
    user: fx.Node


def residual_branch(add: fx.Node, children: Children) -> Branch | None:
    """Return the residual branch of an addition, or None where the addition is not residual.

    Both operands are followed back to what they have in common. The branch is the one with more
    weighted layers on its way; the other has none there, or one (a projection), and must not be
    a piece of a split of which the branch has other pieces only. The end lies before drop-path
    and layer scale.
    """
    operands = _operands(add, children)
    if operands is None or not _has_convolution(*operands, children):
        return None
    return _before_drop_path(Branch(operands[0], add), children)


def _operands(add: fx.Node, children: Children) -> tuple[fx.Node, fx.Node] | None:
    """Return the branch and the shortcut of a residual addition."""
    if len(add.all_input_nodes) != 2:
        return None
    one, other = add.all_input_nodes
    ways = {one: _way(one, other, children), other: _way(other, one, children)}
    shortcut, branch = sorted(ways, key=ways.__getitem__)
    if ways[branch] == ways[shortcut] or ways[shortcut] > 1:
        return None
    if not _reaches_input(shortcut) or _is_other_piece(shortcut, branch):
        return None
    return branch, shortcut


def _way(operand: fx.Node, other: fx.Node, children: Children) -> int:
    """Return the weighted layers on the longest way to ``operand`` from what ``other`` knows."""
    common = _ancestors(other)
    depth: dict[fx.Node, int] = {}
    behind = _ancestors(operand)
    for node in operand.graph.nodes:
        if node in behind and node not in common:
            module = layers.called(node, children)
            own = layers.count_weighted(module) if module is not None else 0
            depth[node] = own + max((depth.get(n, 0) for n in node.all_input_nodes), default=0)
    return depth.get(operand, 0)


def _is_other_piece(shortcut: fx.Node, branch: fx.Node) -> bool:
    """Tell whether a value is a piece of a split whose other pieces alone made ``branch``.

    Res2Net adds one group of channels to the convolution of the group before.
    """
    if not _is_piece(shortcut):
        return False
    behind = _ancestors(branch)
    uses = [user for user in shortcut.all_input_nodes[0].users if user in behind]
    return shortcut not in behind and bool(uses) and all(map(_is_piece, uses))


def _is_piece(node: fx.Node) -> bool:
    named = getattr(node.target, "__name__", "") == "getitem"
    return node.op == "call_function" and named and isinstance(node.args[1], int)


def _ancestors(node: fx.Node) -> set[fx.Node]:
    frontier, seen = [node], set[fx.Node]()
    while frontier:
        current = frontier.pop()
        if current not in seen:
            seen.add(current)
            frontier.extend(current.all_input_nodes)
    return seen


def _reaches_input(node: fx.Node) -> bool:
    return any(before.op == "placeholder" for before in _ancestors(node))


def _has_convolution(branch: fx.Node, stop: fx.Node, children: Children) -> bool:
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


def _before_drop_path(branch: Branch, children: Children) -> Branch:
    """Walk back over drop-path and layer scale to what they act on."""
    while True:
        module = layers.called(branch.end, children)
        dropped = module is not None and type(module).__name__ in layers.DROP_PATHS
        inner = branch.end.all_input_nodes[0] if dropped else _scaled_value(branch.end)
        if inner is None:
            return branch
        branch = Branch(inner, branch.end)


def _scaled_value(node: fx.Node) -> fx.Node | None:
    """Return the value that a layer scale (a product with a parameter or a number) multiplies."""
    if node.op not in ("call_function", "call_method"):
        return None
    if getattr(node.target, "__name__", node.target) not in ("mul", "mul_"):
        return None
    values = [n for n in node.all_input_nodes if _reaches_input(n)]
    return values[0] if len(values) == 1 else None

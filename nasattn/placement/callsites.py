"""Call sites: where in a traced ``forward`` a module could be placed."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain, count

from torch import fx, nn

from nasattn.attention.slot_kind import SlotKind
from nasattn.placement import layers
from nasattn.placement.in_place import writes_in_place
from nasattn.placement.residual import Branch, residual_branch


@dataclass(frozen=True, slots=True)
class CallSite:
    """A place in the graph of one module's own ``forward``.

    Attributes:
        slot: The slot kind.
        at: Torchvision's name of the call, from the root of the backbone.
        node: The node that is entered (``before_conv``), replaced (``activation``) or
            followed (``after_conv``, ``block_end``); None in a module without a graph.
        user: The one node that sees the change; all users where it is None.
        child: The activation child to swap or precede, in a module without a graph.
        refusal: Why nothing can be placed here, or empty.
    """

    slot: SlotKind
    at: str
    node: fx.Node | None
    user: fx.Node | None = None
    child: str = ""
    refusal: str = ""

    @property
    def name(self) -> str:
        """The site's name, ``slot:at``."""
        return f"{self.slot}:{self.at}"


def call_names(graph: fx.Graph, owner: str) -> dict[fx.Node, str]:
    """Name every call as torchvision does: path of the module or function, then ``_1``, ``_2``.

    Numbers that would give the name of another call, or of a child that is called, are left out.
    """
    calls = [node for node in graph.nodes if node.op.startswith("call_")]
    children = {_base_name(node) for node in calls if node.op == "call_module"}
    names: dict[fx.Node, str] = {}
    taken: set[str] = set()
    for node in calls:
        name = _free_name(_base_name(node), taken, children)
        taken.add(name)
        names[node] = f"{owner}.{name}" if owner else name
    return names


def _base_name(node: fx.Node) -> str:
    if layers.is_addition(node):
        return "add"
    return str(getattr(node.target, "__name__", node.target)).rstrip("_")


def _free_name(base: str, taken: Collection[str], children: Collection[str]) -> str:
    numbered = (f"{base}_{number}" for number in count(1))
    candidates = chain([base], (name for name in numbered if name not in children))
    return next(name for name in candidates if name not in taken)


def call_sites(graph: fx.Graph, owner: str, children: dict[str, nn.Module]) -> list[CallSite]:
    """List the call sites in one graph, those with a known obstacle included.

    Block ends of blocks without an addition are not here: they depend on other blocks.
    """
    names = call_names(graph, owner)
    sites: list[CallSite] = []
    for node in graph.nodes:
        sites.extend(_sites_at(node, names, children))
    return sites


def child_activations(module: nn.Module, owner: str) -> list[CallSite]:
    """List the activation children without parameters of a module that cannot be traced."""
    return [
        CallSite(SlotKind.ACTIVATION, f"{owner}.{name}" if owner else name, None, child=name)
        for name in layers.activation_children(module)
        if not any(True for _ in module.get_submodule(name).parameters())
    ]


def _sites_at(
    node: fx.Node, names: dict[fx.Node, str], children: dict[str, nn.Module]
) -> Iterator[CallSite]:
    if isinstance(layers.called(node, children), layers.CONVOLUTIONS):
        yield CallSite(SlotKind.BEFORE_CONV, names[node], node)
        yield CallSite(SlotKind.AFTER_CONV, names[node], _after_norm(node, children))
    elif layers.is_activation(node, children):
        refusal = _activation_refusal(node, children)
        yield CallSite(SlotKind.ACTIVATION, names[node], node, refusal=refusal)
    elif layers.is_addition(node):
        branch = residual_branch(node, children)
        if branch is not None:
            refusal = _end_refusal(branch, children)
            yield CallSite(SlotKind.BLOCK_END, names[node], branch.end, branch.user, "", refusal)


def _activation_refusal(node: fx.Node, children: dict[str, nn.Module]) -> str:
    if not node.users:
        return "its output is not used; write x = activation(x)"
    return "its map has the channels last" if _channels_last(node, children) else ""


def _end_refusal(branch: Branch, children: dict[str, nn.Module]) -> str:
    others = [user for user in branch.end.users if user is not branch.user]
    written = any(writes_in_place(user, children) for user in others)
    return "it is written to in place on its way to the addition" if written else ""


def _after_norm(conv: fx.Node, children: dict[str, nn.Module]) -> fx.Node:
    """Return the norm that alone consumes a convolution, or the convolution."""
    users = list(conv.users)
    if len(users) == 1 and isinstance(layers.called(users[0], children), layers.NORMS):
        return users[0]
    return conv


def _channels_last(node: fx.Node, children: dict[str, nn.Module]) -> bool:
    """Tell whether the nearest weighted layer before a node works on the last axis."""
    current = node
    while current.all_input_nodes:
        current = current.all_input_nodes[0]
        module = layers.called(current, children)
        if isinstance(module, (nn.Linear, nn.LayerNorm)):
            # Libraries call a layer norm over the channels of (N, C, H, W) a 2d one.
            return not type(module).__name__.endswith("2d")
        if module is not None and layers.count_weighted(module):
            return False
    return False

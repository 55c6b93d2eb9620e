"""Call sites: where in a traced ``forward`` a module could be placed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from torch import fx, nn

from nasattn.attention.slot_kind import SlotKind
from nasattn.placement import layers
from nasattn.placement.residual import residual_branch


@dataclass(frozen=True, slots=True)
class CallSite:
    """A place in the graph of one module's own ``forward``.

    Attributes:
        slot: The slot kind.
        at: Torchvision's name of the call, from the root of the backbone.
        node: The node that is entered (``before_conv``), replaced (``activation``) or
            followed (``after_conv``, ``block_end``); None in a module without a graph.
        user: The one node that sees the change; all users where it is None.
        child: The activation child to swap, in a module without a graph.
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
    """Name every call as torchvision does: path of the module or function, then ``_1``, ``_2``."""
    seen: Counter[str] = Counter()
    names: dict[fx.Node, str] = {}
    for node in graph.nodes:
        if not node.op.startswith("call_"):
            continue
        base = str(getattr(node.target, "__name__", node.target)).rstrip("_")
        base = "add" if layers.is_addition(node) else base
        suffix = f"_{seen[base]}" if seen[base] else ""
        names[node] = ".".join(part for part in (owner, base + suffix) if part)
        seen[base] += 1
    return names


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
        for name, child in module.named_children()
        if isinstance(child, layers.ACTIVATIONS) and not any(True for _ in child.parameters())
    ]


def _sites_at(
    node: fx.Node, names: dict[fx.Node, str], children: dict[str, nn.Module]
) -> Iterator[CallSite]:
    if isinstance(layers.called(node, children), layers.CONVOLUTIONS):
        yield CallSite(SlotKind.BEFORE_CONV, names[node], node)
        yield CallSite(SlotKind.AFTER_CONV, names[node], _after_norm(node, children))
    elif layers.is_activation(node, children):
        refusal = "its map has the channels last" if _channels_last(node, children) else ""
        yield CallSite(SlotKind.ACTIVATION, names[node], node, refusal=refusal)
    elif layers.is_addition(node):
        branch = residual_branch(node, children)
        if branch is not None:
            yield CallSite(SlotKind.BLOCK_END, names[node], branch.end, user=branch.user)


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
            return True
        if module is not None and layers.count_weighted(module):
            return False
    return False

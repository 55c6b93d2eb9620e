"""Placing modules at call sites: a new network, the given one untouched."""

import copy
from collections.abc import Callable, Mapping, Sequence

from torch import fx, nn

from nasattn.attention.slot_kind import SlotKind
from nasattn.errors import UserError
from nasattn.placement import layers
from nasattn.placement.callsites import CallSite
from nasattn.placement.finding_owners import find_owners
from nasattn.placement.marking import mark
from nasattn.placement.owner import Owner
from nasattn.placement.rewritten import (
    RewrittenContainer,
    RewrittenModule,
    Slots,
    make_lists_anew,
)
from nasattn.placement.slot import Preceded, Slot, own_activation

# Each kind sees what the earlier ones inserted, so that at one point of the graph the order
# of execution is activation, after_conv, block_end, before_conv.
_ORDER = (SlotKind.BEFORE_CONV, SlotKind.BLOCK_END, SlotKind.AFTER_CONV, SlotKind.ACTIVATION)


Maker = Callable[[CallSite, Owner], nn.Module | None]
Made = Sequence[tuple[CallSite, nn.Module]]


def open_slots(net: nn.Module) -> nn.Module:
    """Return a new network with an empty slot at every call site.

    Outputs are equal to the bit, in training and in evaluation, and the state dict has the
    same keys in the same order.
    """
    return _rewrite(copy.deepcopy(net), _empty_slot)


def _empty_slot(site: CallSite, owner: Owner) -> nn.Module | None:
    if site.slot is not SlotKind.ACTIVATION:
        return Slot()
    if site.node is None or owner.graph is None:
        return Slot(owner.module.get_submodule(site.child))
    module = layers.called(site.node, owner.children)
    return Slot(own_activation(site.node, module))


def fill(net: nn.Module, modules: Mapping[str, nn.Module]) -> nn.Module:
    """Return a new network with ``modules`` placed at the sites that their keys name.

    Args:
        net: The backbone; it is not changed.
        modules: From site name (``after_conv:layer1.0.conv1``) to the module placed there.

    Raises:
        UserError: the network has no such site, or nothing can be placed there.
    """
    left = dict(modules)

    def take(site: CallSite, _: Owner) -> nn.Module | None:
        if site.name in left and site.refusal:
            raise UserError(f"nothing can be placed at {site.name}: {site.refusal}")
        return left.pop(site.name, None)

    filled = _rewrite(copy.deepcopy(net), take) if modules else copy.deepcopy(net)
    if left:
        raise UserError(f"{type(net).__name__} has no site {', '.join(sorted(left))}")
    return filled


def _rewrite(net: nn.Module, make: Maker) -> nn.Module:
    """Rewrite ``net`` in place, except for its root, which is returned."""
    root = net
    for owner in find_owners(net):
        made = [(site, module) for site in owner.sites if (module := make(site, owner)) is not None]
        for site, module in made:
            mark(module, site.name)
        if owner.graph is None:
            _replace_children(owner.module, made)
        if owner.graph is None or not made:
            continue
        replacement = _rewrite_owner(owner, owner.graph, made)
        if owner.module is net:
            root = replacement
        _replace_everywhere(net, owner.module, replacement)
    return root


def _replace_children(parent: nn.Module, made: Made) -> None:
    for site, module in sorted(made, key=_last_first, reverse=True):
        child = parent.get_submodule(site.child)
        activates = site.slot is SlotKind.ACTIVATION
        parent._modules[site.child] = module if activates else Preceded(module, child)


def _last_first(pair: tuple[CallSite, nn.Module]) -> int:
    return _ORDER.index(pair[0].slot)


def _replace_everywhere(net: nn.Module, old: nn.Module, new: nn.Module) -> None:
    for parent in [*net.modules(), *new.modules()]:
        for name, child in parent._modules.items():
            if child is old:
                parent._modules[name] = new


def _rewrite_owner(owner: Owner, graph: fx.Graph, made: Made) -> nn.Module:
    slots, name = Slots(), _free_name(owner.module)
    for site, module in sorted(made, key=_last_first):
        key = f"{site.slot}__{site.at.removeprefix(f'{owner.path}.').replace('.', '_')}"
        while key in slots:  # children a.b and a_b
            key += "_"
        slots[key] = module
        _insert(graph, site, f"{name}.{key}")
        if site.slot is SlotKind.ACTIVATION and not isinstance(module, Slot):
            _drop_parameters(owner.module, site)
    owner.module.add_module(name, slots)
    make_lists_anew(graph)
    is_container = hasattr(type(owner.module), "__getitem__")
    kind = RewrittenContainer if is_container else RewrittenModule
    return kind(owner.module, graph, type(owner.module).__name__)


def _drop_parameters(owner: nn.Module, site: CallSite) -> None:
    """Put the identity where a replaced activation has parameters: nothing calls it any more."""
    if site.node is not None and site.node.op == "call_module":
        parent, _, name = str(site.node.target).rpartition(".")
        if any(True for _ in owner.get_submodule(str(site.node.target)).parameters()):
            setattr(owner.get_submodule(parent), name, nn.Identity())


def _free_name(module: nn.Module) -> str:
    return "slots" if not hasattr(module, "slots") else "attention_slots"


def _insert(graph: fx.Graph, site: CallSite, target: str) -> None:
    """Call the module ``target`` at a call site."""
    node = site.node
    if node is None:
        return
    if site.slot is SlotKind.BEFORE_CONV:
        value = node.all_input_nodes[0]
        with graph.inserting_before(node):
            node.replace_input_with(value, graph.call_module(target, (value,)))
    elif site.slot is SlotKind.ACTIVATION:
        with graph.inserting_before(node):
            node.replace_all_uses_with(graph.call_module(target, (node.all_input_nodes[0],)))
        graph.erase_node(node)
    else:
        with graph.inserting_after(node):
            placed = graph.call_module(target, (node,))
        if site.user is not None:
            site.user.replace_input_with(node, placed)
        else:
            node.replace_all_uses_with(placed, delete_user_cb=lambda user: user is not placed)

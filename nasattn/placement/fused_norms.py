"""Norms with an activation of their own: what stands after the norm stands before that."""

from dataclasses import replace

from torch import fx, nn

from nasattn.attention.slot_kind import SlotKind
from nasattn.placement import layers
from nasattn.placement.callsites import CallSite
from nasattn.placement.owner import Owner


def move_into_fused_norms(owners: list[Owner]) -> None:
    """Move what follows a norm with an activation inside to between the two.

    Where that cannot be, since the norm serves several calls or its activation has parameters,
    the site follows the convolution directly.
    """
    by_module = {id(owner.module): owner for owner in owners}
    for owner in owners:
        children = owner.children
        for site in list(owner.sites):
            norm = _fused_norm(site, children)
            if norm is None or site.node is None:
                continue
            inside = _inside(site, by_module.get(id(norm)))
            index = owner.sites.index(site)
            if inside is None or sum(len(other.calls_of(norm)) for other in owners) > 1:
                owner.sites[index] = replace(site, node=site.node.all_input_nodes[0])
            else:
                del owner.sites[index]
                by_module[id(norm)].sites.append(inside)


def _fused_norm(site: CallSite, children: dict[str, nn.Module]) -> nn.Module | None:
    """Return the norm with an activation inside that a site follows, if it follows one."""
    if site.slot is not SlotKind.AFTER_CONV or site.node is None:
        return None
    norm = layers.called(site.node, children)
    is_fused = isinstance(norm, layers.NORMS) and layers.activation_children(norm)
    return norm if is_fused else None


def _inside(site: CallSite, norm: Owner | None) -> CallSite | None:
    """Return the site before the one activation of a norm."""
    activations = [] if norm is None else layers.activation_children(norm.module)
    if norm is None or len(activations) != 1:
        return None
    activation = norm.module.get_submodule(activations[0])
    if norm.graph is not None:
        calls = norm.calls_of(activation)
        return _before(site, calls[0]) if len(calls) == 1 else None
    if any(True for _ in activation.parameters()):
        return None  # its keys in the state dict would change
    return CallSite(SlotKind.AFTER_CONV, site.at, None, child=activations[0])


def _before(site: CallSite, activation: fx.Node) -> CallSite:
    return replace(site, node=activation.all_input_nodes[0], user=activation)

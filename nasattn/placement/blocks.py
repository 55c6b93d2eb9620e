"""To which block and stage a call site belongs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import fx

from nasattn.attention.slot_kind import SlotKind
from nasattn.placement.callsites import CallSite
from nasattn.placement.owner import Owner

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Membership:
    """The block that a site lies in, and the stage of that block (1, 2, …)."""

    block: str
    stage: int


def memberships(
    calls: Sequence[tuple[CallSite, Owner]], sizes: Mapping[str, Size]
) -> dict[str, Membership]:
    """Return the membership of every call site, by site name.

    A block is a residual addition, or a convolution where there is none. Blocks whose maps
    have equal size at their end are one stage; stages count from 1 in order of execution.

    Args:
        calls: Call sites with their owners, in order of execution.
        sizes: Map size at each of them.
    """
    ends = _ends_by_owner(calls)
    blocks: dict[str, str] = {}
    block_sizes: dict[str, Size] = {}
    convolution = "input"
    for call, owner in calls:
        if call.slot is SlotKind.BEFORE_CONV:
            convolution = call.at
        end = _end_of(call, owner, ends)
        block = _block_name(end, ends) if end else convolution
        blocks[call.name] = block
        # Without an end the map after the convolution decides, whatever enters it.
        reference = end[0].name if end else f"{SlotKind.AFTER_CONV}:{convolution}"
        block_sizes[block] = sizes.get(reference, sizes[call.name])
    order = list(dict.fromkeys(block_sizes[block] for block in blocks.values()))
    return {
        name: Membership(block, 1 + order.index(block_sizes[block]))
        for name, block in blocks.items()
    }


Ends = dict[str, list[tuple[CallSite, Owner]]]


def _ends_by_owner(calls: Sequence[tuple[CallSite, Owner]]) -> Ends:
    ends: Ends = {}
    for call, owner in calls:
        if call.slot is SlotKind.BLOCK_END:
            ends.setdefault(owner.path, []).append((call, owner))
    return ends


def _block_name(end: tuple[CallSite, Owner], ends: Ends) -> str:
    call, owner = end
    alone = len(ends[owner.path]) == 1
    return owner.path if alone and owner.path else call.at


def _end_of(call: CallSite, owner: Owner, ends: Ends) -> tuple[CallSite, Owner] | None:
    """Return the block end in the nearest enclosing module that has one at or after the call."""
    path = owner.path
    while path not in ends:
        if not path:
            return None
        path = path.rpartition(".")[0]
    position = _position(call, owner, ends[path][0][1])
    for end in ends[path]:
        if _closing_position(end[0]) >= position:
            return end
    return ends[path][-1]


def _position(call: CallSite, owner: Owner, enclosing: Owner) -> int:
    """Return where in the enclosing module's graph a call, or the child holding it, stands."""
    if owner is enclosing or enclosing.graph is None:
        return _index(call.node)
    relative = owner.path[len(enclosing.path) + 1 :] if enclosing.path else owner.path
    for node in enclosing.graph.nodes:
        target = str(node.target)
        if node.op == "call_module" and (relative + ".").startswith(target + "."):
            return _index(node)
    return 0


def _closing_position(end: CallSite) -> int:
    return _index(end.user or end.node)


def _index(node: fx.Node | None) -> int:
    return list(node.graph.nodes).index(node) if node is not None else 0

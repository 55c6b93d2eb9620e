"""The sites of a network: what its call sites turn out to be when one image goes through."""

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nasattn.attention.slot_kind import SlotKind
from nasattn.errors import UserError
from nasattn.placement.blocks import memberships
from nasattn.placement.callsites import CallSite
from nasattn.placement.finding_owners import find_owners
from nasattn.placement.marking import marked_site
from nasattn.placement.owner import Owner
from nasattn.placement.slot import Slot
from nasattn.placement.surgery import open_slots

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Site:
    """One concrete place in one backbone.

    Attributes:
        slot: The slot kind.
        at: Torchvision's name of the call (``layer1.0.conv1``).
        stage: 1, 2, …: groups of blocks with equal map size, in order of execution.
        block: The residual block it lies in, else the convolution it belongs to.
        channels: Channels of the map.
        size: Height and width of the map.
        follows: For a block end that is also the point after a convolution: that
            convolution's call; an ``after_conv`` choice governs the site too.
        calls: How often one image passes here (more than once where a block is used again).
        own: For an activation: the path of the backbone's module that applies it, empty where
            a function does.
    """

    slot: SlotKind
    at: str
    stage: int
    block: str
    channels: int
    size: tuple[int, int]
    follows: str | None = None
    calls: int = 1
    own: str = ""

    @property
    def name(self) -> str:
        """``slot:at``, unique in its backbone."""
        return f"{self.slot}:{self.at}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A place where nothing can be placed, and why."""

    module: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sites:
    """All sites of a backbone, in order of execution, and what is refused."""

    sites: tuple[Site, ...]
    refused: tuple[Refusal, ...]


@dataclass(slots=True)
class _Visit:
    """What one slot saw."""

    order: int
    entered: Tensor
    version: int
    left: Tensor
    left_version: int
    calls: int = 1
    differing: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the map; (1, 1) for what is no map."""
        shape = self.entered.shape
        return (int(shape[2]), int(shape[3])) if len(shape) == 4 else (1, 1)


def find_sites(net: nn.Module, input_shape: Shape) -> Sites:
    """Find every site of ``net`` by sending one black image through it on the CPU.

    Args:
        net: The backbone; it is not changed.
        input_shape: (C, H, W) of its images.

    Raises:
        UserError: the network does not take images of this shape.
    """
    owners = find_owners(net)
    visits = _visit(open_slots(net), input_shape)
    merged = _same_points(visits)
    calls = [(call, owner) for owner in owners for call in owner.sites]
    obstacles = {call.name: _obstacle(call, visits.get(call.name)) for call, _ in calls}
    usable = [pair for pair in calls if not obstacles[pair[0].name]]
    usable.sort(key=lambda pair: visits[pair[0].name].order)
    member = memberships(usable, {call.name: visits[call.name].size for call, _ in usable})
    sites = tuple(
        Site(
            slot=call.slot,
            at=call.at,
            stage=member[call.name].stage,
            block=member[call.name].block,
            channels=visits[call.name].entered.shape[1],
            size=visits[call.name].size,
            follows=merged.get(call.name),
            calls=visits[call.name].calls,
            own=_own_activation(call, owner),
        )
        for call, owner in usable
        if call.at not in merged.values() or call.slot is not SlotKind.AFTER_CONV
    )
    return Sites(sites, (*_untraceable(owners), *_refused(obstacles)))


def _own_activation(call: CallSite, owner: Owner) -> str:
    """Return the path of the module that an activation site calls, or an empty string."""
    if call.slot is not SlotKind.ACTIVATION:
        return ""
    calls_module = call.node is not None and call.node.op == "call_module"
    name = str(call.node.target) if call.node is not None and calls_module else call.child
    return f"{owner.path}.{name}" if owner.path and name else name


def _untraceable(owners: list[Owner]) -> Iterator[Refusal]:
    for owner in owners:
        if owner.reason:
            yield Refusal(owner.path or "the network", owner.reason)


def _refused(obstacles: Mapping[str, str]) -> Iterator[Refusal]:
    for name, reason in obstacles.items():
        if reason:
            yield Refusal(name, reason)


def _same_points(visits: Mapping[str, _Visit]) -> dict[str, str]:
    """Return, by block end, the convolution whose ``after_conv`` is the same point.

    It is the same point when the very tensor arrives, not written to in between.
    """
    after = {
        (id(visit.left), visit.left_version): name.partition(":")[2]
        for name, visit in visits.items()
        if name.startswith(f"{SlotKind.AFTER_CONV}:")
    }
    return {
        name: after[id(visit.entered), visit.version]
        for name, visit in visits.items()
        if name.startswith(f"{SlotKind.BLOCK_END}:") and (id(visit.entered), visit.version) in after
    }


def _obstacle(call: CallSite, visit: _Visit | None) -> str:
    """Return why nothing can be placed at a call site, or an empty string."""
    if visit is None:
        return "not reached in evaluation"
    if visit.entered.ndim != 4:
        return "its input is no map (N, C, H, W)"
    rules = (
        (bool(call.refusal), call.refusal),
        (visit.size == (1, 1), "its map has one pixel"),
        (visit.differing, "called with maps of different sizes"),
        (
            bool(call.child) and visit.calls > 1,
            "called more than once in a module that cannot be traced",
        ),
    )
    return next((reason for broken, reason in rules if broken), "")


def _visit(opened: nn.Module, input_shape: Shape) -> dict[str, _Visit]:
    """Send one image through the opened network; return what each slot saw, by site name."""
    visits: dict[str, _Visit] = {}
    for module in opened.modules():
        if isinstance(module, Slot):
            module.register_forward_hook(_recorder(visits, str(marked_site(module))))
    reference = next(opened.parameters(), torch.zeros(()))
    image = torch.zeros(1, *input_shape, dtype=reference.dtype)
    try:
        # Where a rewritten module fails, torch.fx prints its generated code.
        with torch.no_grad(), contextlib.redirect_stderr(io.StringIO()):
            opened.to("cpu").eval()(image)
    except (Exception, SystemExit) as error:  # a user's forward may do anything
        shape = "×".join(map(str, input_shape))
        name = type(opened).__name__
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{name} does not take images of {shape} (C×H×W): {reason}") from error
    return visits


def _recorder(
    visits: dict[str, _Visit], name: str
) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    def record(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        (entered,) = inputs
        first = visits.get(name)
        if first is None:
            visits[name] = _Visit(len(visits), entered, entered._version, output, output._version)
        else:
            first.calls += 1
            first.differing |= first.entered.shape != entered.shape

    return record

"""Activations that write into their input: replaced only where nothing else reads that."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nasattn.backbones import create
from nasattn.errors import UserError
from nasattn.placement import Sites, fill, find_sites, open_slots

SHAPE = (3, 32, 32)
IMAGES = torch.randn(2, *SHAPE, generator=torch.Generator().manual_seed(0))
READ_AGAIN = "it writes in place into a map that is, or may be, read again"
UNUSED = "its output is not used; write x = activation(x)"

Forward = Callable[["Net", Tensor], Tensor]


class ReLU(nn.Module):
    """The activation of all networks here, never in place."""

    def forward(self, x: Tensor) -> Tensor:
        return x.relu()


class Net(nn.Module):
    """Two convolutions, an activation in place, and what a forward may need besides."""

    def __init__(self, forward: Forward) -> None:
        super().__init__()
        self.stem, self.conv = nn.Conv2d(3, 4, 3, 1, 1), nn.Conv2d(4, 4, 3, 1, 1)
        self.relu, self.identity, self.drop = nn.ReLU(inplace=True), nn.Identity(), nn.Dropout()
        self.branch = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(4, 4, 1))
        self.outer = nn.Sequential(nn.Sequential(nn.ReLU(inplace=True)), nn.Conv2d(4, 4, 1))
        self.kind = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.kind(self, self.stem(x)).mean((2, 3))


class Undecided(Net):
    """Cannot be traced: looks at its input."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return (x + self.branch(x) if x.isfinite().all() else x).mean((2, 3))


def statement(net: Net, x: Tensor) -> Tensor:
    net.relu(x)
    return net.conv(x)


def positional(net: Net, x: Tensor) -> Tensor:
    return net.conv(F.relu(x, True)) + x  # noqa: FBT003 - what a user may write


def joined(net: Net, x: Tensor) -> Tensor:
    """As U-Nets do: the caller joins its map with what its child wrote into."""
    return torch.cat([x, net.branch(x)], 1)


def half(net: Net, x: Tensor) -> Tensor:
    left, _ = x.chunk(2, 1)
    return F.relu_(left).repeat(1, 2, 1, 1) + x


def dead_later(net: Net, x: Tensor) -> Tensor:
    """All of these write in place, and nothing else reads it."""
    y = net.conv(x)
    y += x
    y = net.relu(net.identity(y))
    y = F.relu(net.conv(y), inplace=True) + y
    return net.branch(net.drop(net.conv(y).relu_() * 2))


def refused(found: Sites) -> dict[str, str]:
    """Return what is refused, less the children that a forward does not call."""
    reasons = {refusal.module: refusal.reason for refusal in found.refused}
    return {name: reason for name, reason in reasons.items() if "not reached" not in reason}


def found_in(forward: Forward) -> tuple[Net, Sites]:
    net = Net(forward).eval()
    return net, find_sites(net, SHAPE)


@pytest.mark.parametrize(
    ("forward", "site", "reason"),
    [
        (statement, "activation:relu", UNUSED),
        (lambda net, x: net.conv(net.relu(x)) + x, "activation:relu", READ_AGAIN),
        (lambda net, x: net.conv(x.relu_()) + x, "activation:relu", READ_AGAIN),
        (positional, "activation:relu", READ_AGAIN),
        (lambda net, x: net.conv(net.relu(net.identity(x))) + x, "activation:relu", READ_AGAIN),
        (lambda net, x: net.conv(net.relu(net.drop(x))) + x, "activation:relu", READ_AGAIN),
        (half, "activation:relu", READ_AGAIN),
        (joined, "activation:branch.0", READ_AGAIN),
        (lambda net, x: net.outer(x) + x, "activation:outer.0.0", READ_AGAIN),
        (lambda net, x: net.branch(input=x) + x, "activation:branch.0", READ_AGAIN),
    ],
)
def test_what_is_read_again_is_refused_with_its_reason(
    forward: Forward, site: str, reason: str
) -> None:
    net, found = found_in(forward)
    assert refused(found) == {site: reason}
    with pytest.raises(UserError, match="nothing can be placed at"):
        fill(net, {site: ReLU()})
    with torch.no_grad():
        assert torch.equal(open_slots(net)(IMAGES), net(IMAGES))


def test_a_caller_that_cannot_be_traced_may_read_it_again() -> None:
    found = find_sites(Undecided(dead_later), SHAPE)
    assert refused(found)["activation:branch.0"] == READ_AGAIN


def test_what_nothing_else_reads_stays_a_site() -> None:
    _, found = found_in(dead_later)
    activations = [site.at for site in found.sites if site.slot == "activation"]
    assert activations == ["relu", "relu_1", "relu_2", "branch.0"]
    assert refused(found) == {}


@pytest.mark.parametrize(
    "make",
    [
        *(
            lambda forward=forward: Net(forward)
            for forward in (
                dead_later,
                lambda net, x: net.relu(joined(net, x)),
                lambda net, x: net.relu(half(net, x)),
                lambda net, x: net.relu(net.conv(net.relu(x)) + net.identity(x)),
                lambda net, x: net.relu(net.branch(net.outer(net.conv(x)))) + x,
                lambda net, x: net.relu(net.branch(net.outer(x)) + net.relu(x)),
            )
        ),
        lambda: create("resnet8", width=4),
        lambda: create("torchvision:squeezenet1_1"),
    ],
)
def test_an_activation_of_ones_own_changes_no_output(make: Callable[[], nn.Module]) -> None:
    net = make().eval()
    sites = [site for site in find_sites(net, SHAPE).sites if site.slot == "activation"]
    assert sites
    # All at once: in these networks two differences would not cancel.
    filled = fill(net, {site.name: ReLU() for site in sites})
    with torch.no_grad():
        assert torch.equal(filled(IMAGES.clone()), net(IMAGES.clone()))

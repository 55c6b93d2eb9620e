"""Networks as users write them, each with a trait that has broken a rewriter.

Each is a backbone's factory: ``tests.conformance.networks:functional``.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def conv(channels: int, out: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, out, 3, stride, 1, groups=groups)


class Headed(nn.Module):
    """A classifier over the mean of four channels."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.fc = nn.Linear(4, num_classes)

    def classify(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(x.mean((2, 3)))
        return logits


class Functional(Headed):
    """Calls activations as functions and methods, in place and not."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.first, self.second = conv(in_channels, 4), conv(4, 4)
        self.third, self.fourth = conv(4, 4), conv(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x), inplace=True)
        x = F.leaky_relu(self.second(x), 0.3)
        x = self.third(x).relu_()
        return self.classify(F.gelu(self.fourth(x), approximate="tanh"))


class Containers(Headed):
    """Iterates over one ``nn.Sequential``, indexes another, slices a third, calls a fourth."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.iterated = nn.Sequential(conv(in_channels, 4), nn.BatchNorm2d(4), nn.ReLU())
        self.indexed = nn.Sequential(conv(4, 4), nn.ReLU())
        self.sliced = nn.Sequential(conv(4, 4), nn.ReLU(), conv(4, 4))
        self.called = nn.Sequential(conv(4, 4), nn.SiLU())

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.iterated:
            x = layer(x)
        x = self.indexed[1](self.indexed[0](x))
        for layer in self.sliced[1:]:
            x = layer(x)
        return self.classify(self.called(x))


class Slices(Headed):
    """Calls slices of an ``nn.Sequential``, a layer made on the spot, lists and dicts of layers."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.body = nn.Sequential(conv(in_channels, 4), nn.ReLU(), conv(4, 4, 2), nn.BatchNorm2d(4))
        self.listed = nn.ModuleList(conv(4, 4) for _ in range(2))
        self.named = nn.ModuleDict(
            {"tall": nn.Conv2d(4, 4, (3, 1)), "wide": nn.Conv2d(4, 4, (1, 3))}
        )

    def forward(self, x: Tensor) -> Tensor:
        x = nn.ReLU()(self.body[2:](self.body[:2](x)))
        for layer in reversed(self.listed):
            x = F.silu(layer(x))
        for name in ("tall", "wide"):
            x = self.named[name](x).relu()
        return self.classify(x)


class Residuals(Headed):
    """Adds in every way that is a residual addition, and in two that are none.

    ``double`` sums two branches, ``gates`` a map and a constant.
    """

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.stem = conv(in_channels, 4)
        self.inplace, self.method, self.function = conv(4, 4), conv(4, 4), conv(4, 4)
        self.left, self.right = conv(4, 4), nn.Sequential(conv(4, 4), conv(4, 4))
        self.projection = nn.Conv2d(4, 4, 1)
        self.scale = nn.Parameter(torch.full((4, 1, 1), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        out = self.inplace(x)
        out += x
        out = out.add(self.method(out))
        out = torch.add(self.scale * self.function(out), out)
        out = self.projection(out) + self.right(out)
        out = self.left(out) + self.projection(out)
        return self.classify(out + 1)


class Block(nn.Module):
    """A residual block without an addition where the stride is 2; drop-path before the add."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.conv, self.norm, self.stride = conv(4, 4, stride), nn.BatchNorm2d(4), stride
        self.drop = DropPath()

    def forward(self, x: Tensor) -> Tensor:
        out = self.norm(self.conv(x))
        if self.stride == 1:
            out = self.drop(out) + x
        return F.relu(out)


class DropPath(nn.Module):
    """Leaves out a branch in training, half of the time."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (torch.rand(len(x), 1, 1, 1) < 0.5) if self.training else x


class Blocks(Headed):
    """Uses one block twice, and one with and one without a shortcut."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.stem = conv(in_channels, 4)
        self.down, self.again = Block(2), Block(1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        maps = self.again(self.again(self.down(self.stem(x))))
        return {"logits": self.classify(maps), "maps": maps}


class Refusing(Headed):
    """Has parts that a graph would freeze, each in its own way."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.stem = conv(in_channels, 4)
        self.noisy, self.branching, self.counting = Noisy(), Branching(), Counting()
        self.optional, self.constant = Optional(), Constant()

    def forward(self, x: Tensor) -> Tensor:
        x = self.counting(self.branching(self.noisy(self.stem(x))))
        return self.classify(self.constant(self.optional(self.optional(x), x)))


class _Part(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu = conv(4, 4), nn.ReLU()


class Noisy(_Part):
    """Differs between training and evaluation; its ReLU can still be swapped."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if self.training:
            x = x + torch.randn_like(x)
        result: Tensor = self.relu(x)
        return result


class Branching(_Part):
    """Looks at its input; its ReLU runs twice."""

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[0] > 0 and x.isfinite().all():
            x = self.relu(x)
        result: Tensor = self.relu(self.conv(x))
        return result


class Counting(_Part):
    """Counts its calls."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        result: Tensor = self.relu(self.conv(x) * min(self.calls, 1))
        return result


class Optional(_Part):
    """Asks whether it was given an argument, which one of two callers gives."""

    def forward(self, x: Tensor, shortcut: Tensor | None = None) -> Tensor:
        shortcut = x if shortcut is None else shortcut
        result: Tensor = self.relu(self.conv(x) + shortcut)
        return result


class Constant(_Part):
    """Makes a tensor, and draws lots."""

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.relu(self.conv(x - torch.tensor(0.5)))
        return result


class Lottery(Headed):
    """Skips its second convolution by chance in training, in Python."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.first, self.second = conv(in_channels, 4), conv(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x))
        if self.training and torch.rand(()).item() < 1e-9:
            return self.classify(x)
        return self.classify(x + self.second(x))


class Parametric(Headed):
    """Has PReLUs: one of its own, one called twice, one in two places, one in a container."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.first, self.second, self.third = conv(in_channels, 4), conv(4, 4), conv(4, 4)
        self.own, self.shared, self.here = nn.PReLU(4), nn.PReLU(), nn.PReLU()
        self.there = nn.Sequential(conv(4, 4), self.here)
        self.contained = nn.Sequential(conv(4, 4), nn.PReLU(), conv(4, 4))

    def forward(self, x: Tensor) -> Tensor:
        x = self.own(self.first(x))
        x = self.shared(self.third(self.shared(self.second(x))))
        return self.classify(self.contained(self.there(self.here(x))))


class Level(nn.Module):
    """One convolution and its activation."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = conv(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x))


class Pyramid(Headed):
    """Uses one module on maps of two sizes, so that there is no size to place for."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.stem, self.shared = conv(in_channels, 4), Level()

    def forward(self, x: Tensor) -> Tensor:
        x = self.shared(self.stem(x))
        return self.classify(x) + self.classify(self.shared(F.max_pool2d(x, 2)))


class Auxiliary(Headed):
    """Has a second classifier for training, on maps of 8×8, and returns both outputs there."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.body = nn.Sequential(conv(in_channels, 4), nn.ReLU())
        self.aux = nn.Sequential(conv(4, 4), nn.ReLU(), nn.Flatten(), nn.Linear(256, num_classes))

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        maps = self.body(x)
        return (self.classify(maps), self.aux(maps)) if self.training else self.classify(maps)


@dataclass
class Output(OrderedDict[str, Tensor]):
    """Named outputs that can be asked for by attribute and by key."""

    logits: Tensor
    maps: Tensor

    def __post_init__(self) -> None:
        super().__init__(maps=self.maps, logits=self.logits)


@dataclass
class Scores:
    """Named outputs that can be asked for by attribute alone."""

    maps: list[Tensor]
    out: Tensor


# Without it torch exports no network, with slots or without, that returns them.
torch.export.register_dataclass(Output)
torch.export.register_dataclass(Scores)


class Outputs(Headed):
    """Returns several outputs in evaluation too, and hands some from module to module."""

    def __init__(self, num_classes: int, in_channels: int, kind: str) -> None:
        super().__init__(num_classes)
        self.features, self.last, self.kind = Features(in_channels), conv(4, 4), kind

    def forward(self, x: Tensor) -> Any:
        found = self.features(x)
        maps = found["out"]
        maps = maps + F.relu(self.last(maps))
        logits = self.classify(maps)
        if self.kind == "mapping":
            return Output(logits, maps)
        if self.kind == "dataclass":
            return Scores([maps, found["low"]], logits)
        return [logits, (maps, None)]


class Features(nn.Module):
    """Returns its maps by name and in order."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.stem = conv(in_channels, 4)

    def forward(self, x: Tensor) -> OrderedDict[str, Tensor]:
        low = F.relu(self.stem(x))
        return OrderedDict(low=low, out=F.max_pool2d(low, 2))


class Gated(Headed):
    """Squeezes to one pixel, works with the channels last, keeps a buffer in its formula."""

    offset: Tensor

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes)
        self.stem, self.squeeze = conv(in_channels, 4), nn.Conv2d(4, 4, 1)
        self.mix = nn.Linear(4, 4)
        self.register_buffer("offset", torch.full((4, 1, 1), 0.25))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x + 1) - 2 * self.offset
        gate = F.relu(self.squeeze(F.adaptive_avg_pool2d(x, 1)))
        last = F.relu(self.mix(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        return self.classify(last * (1 + gate))


def functional(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Functional(num_classes, in_channels)


def containers(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Containers(num_classes, in_channels)


def residuals(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Residuals(num_classes, in_channels)


def blocks(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Blocks(num_classes, in_channels)


def refusing(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Refusing(num_classes, in_channels)


def lottery(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Lottery(num_classes, in_channels)


def parametric(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Parametric(num_classes, in_channels)


def slices(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Slices(num_classes, in_channels)


def pyramid(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Pyramid(num_classes, in_channels)


def outputs(num_classes: int = 10, in_channels: int = 3, kind: str = "list") -> nn.Module:
    return Outputs(num_classes, in_channels, kind)


def auxiliary(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Auxiliary(num_classes, in_channels)


def gated(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
    return Gated(num_classes, in_channels)


def failing(**_: Any) -> nn.Module:
    raise RuntimeError("no weights on this machine")


def nothing(**_: Any) -> None:
    return None

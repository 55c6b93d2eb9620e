"""Names of call sites, which no two may share."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nasattn.placement import fill, find_sites

IMAGES = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Scale(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x


class Numbered(nn.Module):
    """Has children with the names that a second and a third call would get."""

    def __init__(self) -> None:
        super().__init__()
        self.relu, self.relu_1, self.relu_3 = nn.ReLU(), nn.ReLU(), nn.ReLU()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.conv(x)) - 1
        x = self.relu(x) - 2
        x = self.relu_1(x + 4) - 3
        x = F.relu(x) - 4
        return self.relu_3(self.relu_1(x + 9))


def test_a_number_that_is_a_childs_name_is_left_out() -> None:
    found = find_sites(Numbered(), (3, 8, 8))
    activations = [site.at for site in found.sites if site.slot == "activation"]
    assert activations == ["relu", "relu_2", "relu_1", "relu_4", "relu_1_1", "relu_3"]
    assert found.refused == ()


def test_each_name_is_filled_where_it_says() -> None:
    net = Numbered()
    names = ["relu", "relu_2", "relu_1", "relu_4", "relu_1_1", "relu_3"]
    factors = dict(zip(names, (2, 3, 5, 7, 11, 13), strict=True))
    filled = fill(net, {f"activation:{at}": Scale(factor) for at, factor in factors.items()})
    x = 3 * (2 * net.conv(IMAGES) - 1) - 2
    x = 7 * (5 * (x + 4) - 3) - 4
    torch.testing.assert_close(filled(IMAGES), 13 * 11 * (x + 9))


def test_paths_that_differ_in_a_dot_are_filled_apart() -> None:
    class Dotted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.ModuleDict({"b": nn.Conv2d(3, 3, 1)})
            self.a_b = nn.Conv2d(3, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.a_b(self.a["b"](x))

    net = Dotted()
    filled = fill(net, {"before_conv:a.b": Scale(2), "before_conv:a_b": Scale(3)})
    torch.testing.assert_close(filled(IMAGES), net.a_b(3 * net.a["b"](2 * IMAGES)))

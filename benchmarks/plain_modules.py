"""The attention modules as their authors write them, in plain torch, on our parameters.

Each function takes one of our modules and its input, (N, C, H, W), and returns what the module
should. They are the yardstick of benchmarks/modules.py.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Plain = Callable[[nn.Module, Tensor], Tensor]


def gct(m: nn.Module, x: Tensor) -> Tensor:
    embedding = (x.pow(2).sum((2, 3), keepdim=True) + m.eps).pow(0.5) * m.alpha
    norm = m.gamma / (embedding.pow(2).mean(dim=1, keepdim=True) + m.eps).pow(0.5)
    return x * (1.0 + torch.tanh(embedding * norm + m.beta))


def atac(m: nn.Module, x: Tensor) -> Tensor:
    return x * torch.sigmoid(m.bn2(m.conv2(F.relu(m.bn1(m.conv1(x))))))


def eca(m: nn.Module, x: Tensor) -> Tensor:
    y = F.adaptive_avg_pool2d(x, 1)
    y = m.conv(y.squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1)
    return x * torch.sigmoid(y).expand_as(x)


def nam(m: nn.Module, x: Tensor) -> Tensor:
    for gate in m.gates:
        x = _nam_channel(gate, x) if isinstance(gate.bn, nn.BatchNorm2d) else _nam_spatial(gate, x)
    return x


def _nam_channel(gate: nn.Module, x: Tensor) -> Tensor:
    y = gate.bn(x)
    share = gate.bn.weight.data.abs() / torch.sum(gate.bn.weight.data.abs())
    y = y.permute(0, 2, 3, 1).contiguous()
    y = torch.mul(share, y)
    y = y.permute(0, 3, 1, 2).contiguous()
    return torch.sigmoid(y) * x


def _nam_spatial(gate: nn.Module, x: Tensor) -> Tensor:
    y = gate.bn(x.flatten(2).transpose(1, 2))
    share = gate.bn.weight.data.abs() / torch.sum(gate.bn.weight.data.abs())
    y = torch.mul(share, y.transpose(1, 2).contiguous())
    return torch.sigmoid(y).view_as(x) * x


def fixed_filters(m: nn.Module, x: Tensor) -> Tensor:
    z = torch.sum(m.constant_filter * x, dim=(2, 3))
    return _excite(m, z, x)


def se(m: nn.Module, x: Tensor) -> Tensor:
    return _excite(m, F.adaptive_avg_pool2d(x, 1).view(x.shape[0], -1), x)


def _excite(m: nn.Module, z: Tensor, x: Tensor) -> Tensor:
    gate = torch.sigmoid(m.excite(F.relu(m.squeeze(z), inplace=True)))
    return x * gate.view(*gate.shape, 1, 1).expand_as(x)


def cbam(m: nn.Module, x: Tensor) -> Tensor:
    def mlp(z: Tensor) -> Tensor:
        return m.excite(F.relu(m.squeeze(z.flatten(1))))

    size = x.shape[2:]
    total = mlp(F.avg_pool2d(x, size, stride=size)) + mlp(F.max_pool2d(x, size, stride=size))
    x = x * torch.sigmoid(total).unsqueeze(2).unsqueeze(3).expand_as(x)
    return x * torch.sigmoid(m.bn(m.conv(_z_pool(x))))


def _z_pool(x: Tensor) -> Tensor:
    return torch.cat((torch.max(x, 1)[0].unsqueeze(1), torch.mean(x, 1).unsqueeze(1)), 1)


def bam(m: nn.Module, x: Tensor) -> Tensor:
    z = F.avg_pool2d(x, x.shape[2:], stride=x.shape[2:]).flatten(1)
    channel = m.channel(z).unsqueeze(2).unsqueeze(3).expand_as(x)
    return (1 + torch.sigmoid(channel * m.spatial(x).expand_as(x))) * x


def triplet(m: nn.Module, x: Tensor) -> Tensor:
    def gated(gate: nn.Module, rotated: Tensor) -> Tensor:
        return rotated * torch.sigmoid(gate.bn(gate.conv(_z_pool(rotated))))

    by_height = gated(m.cw, x.permute(0, 2, 1, 3).contiguous()).permute(0, 2, 1, 3).contiguous()
    by_width = gated(m.hc, x.permute(0, 3, 2, 1).contiguous()).permute(0, 3, 2, 1).contiguous()
    return 1 / 3 * (gated(m.hw, x) + by_height + by_width)


def simam(m: nn.Module, x: Tensor) -> Tensor:
    n = x.shape[2] * x.shape[3] - 1
    d = (x - x.mean(dim=[2, 3], keepdim=True)).pow(2)
    y = d / (4 * (d.sum(dim=[2, 3], keepdim=True) / n + m.e_lambda)) + 0.5
    return x * torch.sigmoid(y)


def coord(m: nn.Module, x: Tensor) -> Tensor:
    height, width = x.shape[2:]
    rows = F.adaptive_avg_pool2d(x, (None, 1))
    columns = F.adaptive_avg_pool2d(x, (1, None)).permute(0, 1, 3, 2)
    y = m.bn(m.conv(torch.cat([rows, columns], dim=2)))
    y = y * (F.relu6(y + 3) / 6)
    rows, columns = torch.split(y, [height, width], dim=2)
    gate_w = m.conv_w(columns.permute(0, 1, 3, 2)).sigmoid()
    return x * gate_w * m.conv_h(rows).sigmoid()


PLAIN: Mapping[str, Plain] = MappingProxyType(
    {
        "gct": gct,
        "atac": atac,
        "eca": eca,
        "nam": nam,
        "ortho": fixed_filters,
        "se": se,
        "cbam": cbam,
        "bam": bam,
        "triplet": triplet,
        "fca": fixed_filters,
        "simam": simam,
        "coord": coord,
    }
)
"""One for every attention module of ours."""

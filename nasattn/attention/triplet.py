"""Triplet attention.

Misra, Nalamada, Arasanipalai, Hou, "Rotate to Attend: Convolutional Triplet Attention
Module", WACV 2021, https://arxiv.org/abs/2010.03045; the authors' code:
https://github.com/landskape-ai/triplet-attention.
"""

import torch
from torch import Tensor, nn

from nasattn.attention.hyperparameter import ODD, Hyperparameter, Scalar, Size
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind


def _resolve(channels: int, size: Size | None, *, kernel_size: int) -> dict[str, Scalar]:
    return {"kernel_size": kernel_size}


class PlaneGate(nn.Module):
    """The gate of one plane: what remains of the map when ``axis`` is pooled away.

    Args:
        axis: 1 for the plane (H, W), 2 for (C, W), 3 for (H, C).
        kernel_size: Side of the kernel; odd.
    """

    def __init__(self, axis: int, kernel_size: int) -> None:
        super().__init__()
        self.axis = axis
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.bn = nn.BatchNorm2d(1, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """Return the gate, (N, C, H, W) but for one element along the axis."""
        # max over a dimension, not amax: of equal values it gives one the whole gradient.
        pooled = (x.max(self.axis, keepdim=True).values, x.mean(self.axis, keepdim=True))
        # The authors rotate the map; to bring the axis of the pooled planes to the front is enough.
        planes = torch.cat([plane.transpose(1, self.axis) for plane in pooled], 1)
        return torch.sigmoid(self.bn(self.conv(planes))).transpose(1, self.axis)

    def extra_repr(self) -> str:
        """Return the options for ``print``."""
        return f"axis={self.axis}"


@register(
    "triplet",
    slots=(SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END),
    paper="Rotate to Attend: Convolutional Triplet Attention Module (WACV 2021)",
    url="https://arxiv.org/abs/2010.03045",
    hyperparameters=(Hyperparameter("kernel_size", 7, ODD),),
    resolve=_resolve,
)
class TripletAttention(nn.Module):
    """Gate by the mean of three gates, one for each pair of the axes C, H, W.

    For the axis a that a pair lacks, with a convolution of ``kernel_size`` over the pair's
    plane from two maps to one, without bias::

        g_a = sigmoid(BN(conv([max over a of x; mean over a of x])))
        y = x * (g_H / 3 + g_W / 3 + g_C / 3)

    Shapes: input and result (N, C, H, W).

    Args:
        channels: Ignored, as in the authors' code: the kernels slide along the channels.
        size: Ignored; any map size will do.
        kernel_size: Side of the three kernels; odd.
    """

    def __init__(self, channels: int, size: Size | None = None, *, kernel_size: int = 7) -> None:
        super().__init__()
        self.cw = PlaneGate(2, kernel_size)
        self.hc = PlaneGate(3, kernel_size)
        self.hw = PlaneGate(1, kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map."""
        # Thirds of small planes, not of the whole map.
        by_height, by_width, by_channel = (gate(x) / 3 for gate in (self.cw, self.hc, self.hw))
        gate: Tensor = (by_height + by_width).add_(by_channel)
        return x * gate

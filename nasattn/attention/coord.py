"""Coordinate attention.

Hou, Zhou, Feng, "Coordinate Attention for Efficient Mobile Network Design", CVPR 2021,
https://arxiv.org/abs/2103.02907; the authors' code: https://github.com/houqb/CoordAttention.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasattn.attention.hidden import at_least_eight, canonical_ratio
from nasattn.attention.hyperparameter import INTEGER, Hyperparameter, Scalar, Size
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind


def _resolve(channels: int, size: Size | None, *, ratio: int) -> dict[str, Scalar]:
    least = channels // 9 + 1  # the smallest ratio that leaves eight channels: all above do too
    return {"ratio": canonical_ratio("coord", channels, min(ratio, least), at_least_eight)}


@register(
    "coord",
    slots=(SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END),
    paper="Coordinate Attention for Efficient Mobile Network Design (CVPR 2021)",
    url="https://arxiv.org/abs/2103.02907",
    hyperparameters=(Hyperparameter("ratio", 32, INTEGER),),
    resolve=_resolve,
)
class CoordinateAttention(nn.Module):
    """Gate each row and each column of each channel.

    With r the (C, H) means over each row and c the (C, W) means over each column, side by
    side a sequence of H + W vectors, and 1x1 convolutions W1 (C to max(8, C // ratio)), Wh
    and Ww (back to C), biases included::

        f = hardswish(BN(W1 * [r; c]))
        y = x * sigmoid(Ww * f_c) * sigmoid(Wh * f_r)

    Shapes: input and result (N, C, H, W).

    Args:
        channels: C.
        size: Ignored; any map size will do.
        ratio: C over the hidden channels, which are rounded down and at least eight.
    """

    def __init__(self, channels: int, size: Size | None = None, *, ratio: int = 32) -> None:
        super().__init__()
        hidden = at_least_eight(channels, ratio)
        self.conv = nn.Conv2d(channels, hidden, 1)
        self.bn = nn.BatchNorm2d(hidden)
        self.conv_h = nn.Conv2d(hidden, channels, 1)
        self.conv_w = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map."""
        height = x.shape[2]
        rows, columns = x.mean(3, keepdim=True), x.mean(2, keepdim=True).transpose(2, 3)
        mixed = F.hardswish(self.bn(self.conv(torch.cat([rows, columns], 2))))
        by_row = torch.sigmoid(self.conv_h(mixed[:, :, :height]))
        by_column = torch.sigmoid(self.conv_w(mixed[:, :, height:])).transpose(2, 3)
        return x * by_column * by_row

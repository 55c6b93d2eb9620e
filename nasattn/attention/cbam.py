"""Convolutional block attention module (CBAM).

Woo, Park, Lee, Kweon, "CBAM: Convolutional Block Attention Module", ECCV 2018,
https://arxiv.org/abs/1807.06521; the authors' code:
https://github.com/Jongchan/attention-module.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasattn.attention.hidden import canonical_ratio, floored
from nasattn.attention.hyperparameter import INTEGER, ODD, Hyperparameter, Scalar, Size
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind


def _resolve(
    channels: int, size: Size | None, *, ratio: int, kernel_size: int
) -> dict[str, Scalar]:
    return {"ratio": canonical_ratio("cbam", channels, ratio, floored), "kernel_size": kernel_size}


@register(
    "cbam",
    slots=(SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END),
    paper="CBAM: Convolutional Block Attention Module (ECCV 2018)",
    url="https://arxiv.org/abs/1807.06521",
    hyperparameters=(
        Hyperparameter("ratio", 16, INTEGER),
        Hyperparameter("kernel_size", 7, ODD),
    ),
    resolve=_resolve,
)
class ConvBlockAttention(nn.Module):
    """Gate channels by their means and maxima, then pixels by theirs.

    With MLP a hidden layer of C // ratio ReLUs, biases included, and conv a
    convolution of ``kernel_size`` from two channels to one, without bias::

        u = x * sigmoid(MLP(mean over pixels of x) + MLP(max over pixels of x))
        y = u * sigmoid(BN(conv([max over channels of u; mean over channels of u])))

    Shapes: input and result (N, C, H, W).

    Args:
        channels: C.
        size: Ignored; any map size will do.
        ratio: C over the hidden channels, which are rounded down.
        kernel_size: Side of the spatial kernel; odd.
    """

    def __init__(
        self, channels: int, size: Size | None = None, *, ratio: int = 16, kernel_size: int = 7
    ) -> None:
        super().__init__()
        hidden = floored(channels, ratio)
        self.squeeze = nn.Linear(channels, hidden)
        self.excite = nn.Linear(hidden, channels)
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.bn = nn.BatchNorm2d(1, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """Return the map gated by channel, then by pixel."""
        means, maxima = F.adaptive_avg_pool2d(x, 1).flatten(1), x.flatten(2).max(2).values
        gate = torch.sigmoid(self._mlp(means) + self._mlp(maxima))
        return self._gate_pixels(x * gate.view(*gate.shape, 1, 1))

    def _mlp(self, z: Tensor) -> Tensor:
        result: Tensor = self.excite(F.relu(self.squeeze(z)))
        return result

    def _gate_pixels(self, x: Tensor) -> Tensor:
        # max over a dimension, not amax: of equal values it gives one the whole gradient.
        summary = torch.cat([x.max(1, keepdim=True).values, x.mean(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.bn(self.conv(summary)))

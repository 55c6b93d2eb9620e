"""Bottleneck attention module (BAM).

Park, Woo, Lee, Kweon, "BAM: Bottleneck Attention Module", BMVC 2018,
https://arxiv.org/abs/1807.06514; the authors' code:
https://github.com/Jongchan/attention-module.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from nasattn.attention.hidden import canonical_ratio, floored
from nasattn.attention.hyperparameter import INTEGER, Hyperparameter, Scalar, Size
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind


def _resolve(channels: int, size: Size | None, *, ratio: int, dilation: int) -> dict[str, Scalar]:
    ratio = canonical_ratio("bam", channels, ratio, floored)
    # From the longer side on, only the middle tap of a kernel meets the map.
    return {"ratio": ratio, "dilation": min(dilation, max(size)) if size else dilation}


class SampleNorm(nn.BatchNorm1d):
    """Batch norm over samples.

    In training a lone sample has no spread, and ``BatchNorm1d`` refuses it; here it is
    normed as in evaluation, and the running statistics stay as they are.
    """

    def forward(self, z: Tensor) -> Tensor:
        """Return the normed vectors, (N, C) as the input."""
        if self.training and len(z) == 1:
            return F.batch_norm(
                z, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(z)


@register(
    "bam",
    slots=(SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END),
    paper="BAM: Bottleneck Attention Module (BMVC 2018)",
    url="https://arxiv.org/abs/1807.06514",
    hyperparameters=(Hyperparameter("ratio", 16, INTEGER), Hyperparameter("dilation", 4, INTEGER)),
    resolve=_resolve,
)
class BottleneckAttention(nn.Module):
    """Raise each value by a gate of its channel and its pixel.

    With z the (N, C) means over pixels, hidden = C // ratio, fully connected layers W1 (C to
    hidden) and W2 (back), convolutions K1 (1x1, C to hidden), K2 and K3 (3x3, dilated) and K4
    (1x1, hidden to one), all with biases::

        m_c = W2 relu(BN(W1 z))
        m_s = K4 * relu(BN(K3 * relu(BN(K2 * relu(BN(K1 * x))))))
        y = x * (1 + sigmoid(m_c * m_s))

    The product m_c * m_s is the authors' code; the paper writes a sum. The authors place the
    module between the stages of a network, not within its blocks.

    Shapes: input and result (N, C, H, W).

    Args:
        channels: C.
        size: Ignored; any map size will do.
        ratio: C over the hidden channels, which are rounded down.
        dilation: Distance between the taps of the 3x3 kernels.
    """

    def __init__(
        self, channels: int, size: Size | None = None, *, ratio: int = 16, dilation: int = 4
    ) -> None:
        super().__init__()
        hidden = floored(channels, ratio)
        self.channel = nn.Sequential(
            nn.Linear(channels, hidden), SampleNorm(hidden), nn.ReLU(), nn.Linear(hidden, channels)
        )
        self.spatial = nn.Sequential(
            *_normed(nn.Conv2d(channels, hidden, 1)),
            *_normed(nn.Conv2d(hidden, hidden, 3, padding=dilation, dilation=dilation)),
            *_normed(nn.Conv2d(hidden, hidden, 3, padding=dilation, dilation=dilation)),
            nn.Conv2d(hidden, 1, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the raised map."""
        z = F.adaptive_avg_pool2d(x, 1).flatten(1)
        gate = (self.channel(z)[:, :, None, None] * self.spatial(x)).sigmoid_()
        result: Tensor = x * (1 + gate)
        return result


def _normed(conv: nn.Conv2d) -> tuple[nn.Module, ...]:
    return conv, nn.BatchNorm2d(conv.out_channels), nn.ReLU()

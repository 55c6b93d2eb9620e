"""Efficient channel attention (ECA).

Wang, Wu, Zhu, Li, Zuo, Hu, "ECA-Net: Efficient Channel Attention for Deep Convolutional
Neural Networks", CVPR 2020, https://arxiv.org/abs/1910.03151; the authors' code:
https://github.com/BangguWu/ECANet.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasattn.attention.hyperparameter import (
    NUMBER,
    ODD,
    POSITIVE,
    Hyperparameter,
    Scalar,
    Size,
    either,
    one_of,
)
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind
from nasattn.errors import UserError

_LONGEST = 1023


def adaptive_kernel_size(channels: int, gamma: float = 2, b: float = 1) -> int:
    """Return the kernel size that the paper's figure gives: even values go up by one.

    >>> [adaptive_kernel_size(channels) for channels in (4, 8, 112, 128, 1024, 2048)]
    [1, 3, 3, 5, 5, 7]
    """
    size = int(abs(math.log2(channels) / gamma + b / gamma))
    return size if size % 2 else size + 1


def _resolve(
    channels: int, size: Size | None, *, kernel_size: int | str, gamma: float, b: float
) -> dict[str, Scalar]:
    if not isinstance(kernel_size, str):
        return {"kernel_size": kernel_size}
    # Compared before it is an integer: the quotient may be beyond them all.
    if abs(math.log2(channels) / gamma + b / gamma) >= _LONGEST:
        raise UserError(
            f"eca.gamma = {gamma!r} with eca.b = {b!r}: the adaptive kernel of {channels} "
            f"channels would be longer than {_LONGEST}"
        )
    return {"kernel_size": adaptive_kernel_size(channels, gamma, b)}


@register(
    "eca",
    slots=(SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END),
    paper="ECA-Net: Efficient Channel Attention for Deep CNNs (CVPR 2020)",
    url="https://arxiv.org/abs/1910.03151",
    hyperparameters=(
        Hyperparameter("kernel_size", "adaptive", either(one_of("adaptive"), ODD)),
        Hyperparameter("gamma", 2, POSITIVE),
        Hyperparameter("b", 1, NUMBER),
    ),
    resolve=_resolve,
)
class EfficientChannelAttention(nn.Module):
    """Gate each channel by the means of itself and its neighbours along the channel axis.

    With z the (N, C) means over pixels and zeros beyond both ends of the channel axis::

        y = x * sigmoid(conv1d(z, kernel of kernel_size taps, no bias))

    Shapes: input and result (N, C, H, W). A kernel may be longer than the channel axis:
    its outer taps then meet zeros only.

    Args:
        channels: Ignored, as in the authors' code; ``create`` needs it for "adaptive".
        size: Ignored; any map size will do.
        kernel_size: Number of taps; odd.
    """

    def __init__(self, channels: int, size: Size | None = None, *, kernel_size: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map."""
        sequence = F.adaptive_avg_pool2d(x, 1).squeeze(-1).transpose(1, 2)
        gate = torch.sigmoid(self.conv(sequence))
        return x * gate.transpose(1, 2).unsqueeze(-1)

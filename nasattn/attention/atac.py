"""Attentional activation (ATAC).

Dai, Oehmcke, Gieseke, Wu, Barnard, "Attention as Activation", ICPR 2020,
https://arxiv.org/abs/2007.07729; the authors' code: https://github.com/YimianDai/open-atac.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasattn.attention.hidden import canonical_ratio, floored
from nasattn.attention.hyperparameter import FLAG, INTEGER, Hyperparameter, Scalar, Size
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind


def _resolve(channels: int, size: Size | None, *, ratio: int, bias: bool) -> dict[str, Scalar]:
    return {"ratio": canonical_ratio("atac", channels, ratio, floored), "bias": bias}


@register(
    "atac",
    slots=(SlotKind.ACTIVATION,),
    paper="Attention as Activation (ICPR 2020)",
    url="https://arxiv.org/abs/2007.07729",
    hyperparameters=(
        Hyperparameter("ratio", 2, INTEGER),
        Hyperparameter("bias", default=False, rule=FLAG),
    ),
    resolve=_resolve,
)
class AttentionalActivation(nn.Module):
    """Replace an activation by a gate that each pixel computes from its own channels.

    With 1x1 convolutions W1 (C to C // ratio) and W2 (back to C)::

        y = x * sigmoid(BN2(W2 * relu(BN1(W1 * x))))

    Nothing is pooled: the gate has the shape of the map, (N, C, H, W).

    Args:
        channels: C.
        size: Ignored; any map size will do.
        ratio: C over the hidden channels, which are rounded down.
        bias: Whether the convolutions have biases; the authors' have none.
    """

    def __init__(
        self, channels: int, size: Size | None = None, *, ratio: int = 2, bias: bool = False
    ) -> None:
        super().__init__()
        hidden = floored(channels, ratio)
        self.conv1 = nn.Conv2d(channels, hidden, 1, bias=bias)
        self.bn1 = nn.BatchNorm2d(hidden)
        self.conv2 = nn.Conv2d(hidden, channels, 1, bias=bias)
        self.bn2 = nn.BatchNorm2d(channels)
        for conv in (self.conv1, self.conv2):
            _initialise(conv)

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map."""
        hidden = F.relu(self.bn1(self.conv1(x)))
        return x * torch.sigmoid(self.bn2(self.conv2(hidden)))


def _initialise(conv: nn.Conv2d) -> None:
    """Draw the weights as MXNet's MSRAPrelu, the authors' initialiser, does by default."""
    mean_fan = (conv.in_channels + conv.out_channels) / 2
    nn.init.normal_(conv.weight, std=math.sqrt(2 / (1 + 0.25**2) / mean_fan))
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)

"""Squeeze and excitation (SE).

Hu, Shen, Albanie, Sun, Wu, "Squeeze-and-Excitation Networks", CVPR 2018,
https://arxiv.org/abs/1709.01507; the authors' code (Caffe, with biases):
https://github.com/hujie-frank/SENet. Without biases, as in
https://github.com/moskomule/senet.pytorch.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasattn.attention.hidden import canonical_ratio, floored
from nasattn.attention.hyperparameter import INTEGER, Hyperparameter, Scalar, Size
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind


def _resolve(channels: int, size: Size | None, *, ratio: int) -> dict[str, Scalar]:
    return {"ratio": canonical_ratio("se", channels, ratio, floored)}


@register(
    "se",
    slots=(SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END),
    paper="Squeeze-and-Excitation Networks (CVPR 2018)",
    url="https://arxiv.org/abs/1709.01507",
    hyperparameters=(Hyperparameter("ratio", 16, INTEGER),),
    resolve=_resolve,
)
class SqueezeExcitation(nn.Module):
    """Gate each channel by a small network that sees every channel's mean.

    With z the (N, C) means over pixels, W1 (C to C // ratio) and W2 (back) without biases::

        y = x * sigmoid(W2 relu(W1 z))

    Shapes: input and result (N, C, H, W).

    Args:
        channels: C.
        size: Ignored; any map size will do.
        ratio: C over the hidden channels, which are rounded down.
    """

    def __init__(self, channels: int, size: Size | None = None, *, ratio: int = 16) -> None:
        super().__init__()
        hidden = floored(channels, ratio)
        self.squeeze = nn.Linear(channels, hidden, bias=False)
        self.excite = nn.Linear(hidden, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map."""
        z = F.adaptive_avg_pool2d(x, 1).flatten(1)
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(z))))
        return x * gate.view(*gate.shape, 1, 1)

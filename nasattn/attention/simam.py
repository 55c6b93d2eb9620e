"""Simple, parameter-free attention (SimAM).

Yang, Zhang, Li, Xie, "SimAM: A Simple, Parameter-Free Attention Module for Convolutional
Neural Networks", ICML 2021, https://proceedings.mlr.press/v139/yang21o.html; the authors'
code: https://github.com/ZjjConan/SimAM.
"""

import torch
from torch import Tensor, nn

from nasattn.attention.hyperparameter import POSITIVE, Hyperparameter, Scalar, Size
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind


def _resolve(channels: int, size: Size | None, *, e_lambda: float) -> dict[str, Scalar]:
    return {"e_lambda": e_lambda}


@register(
    "simam",
    slots=(SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END),
    paper="SimAM: A Simple, Parameter-Free Attention Module for CNNs (ICML 2021)",
    url="https://proceedings.mlr.press/v139/yang21o.html",
    hyperparameters=(Hyperparameter("e_lambda", 1e-4, POSITIVE, priced=False),),
    resolve=_resolve,
)
class SimpleAttention(nn.Module):
    """Gate each value by how far it stands out from its channel; no parameters.

    With mean and sum over the H * W pixels of a channel::

        d = (x - mean(x))^2
        v = sum(d) / (H * W - 1)
        y = x * sigmoid(d / (4 (v + lambda)) + 0.5)

    On maps of one pixel v is 0, as on every constant map: y = x * sigmoid(0.5).

    Shapes: input and result (N, C, H, W).

    Args:
        channels: Ignored; each channel stands for itself.
        size: Ignored; any map size will do.
        e_lambda: The paper's lambda, a word that Python keeps for itself, by its name in
            the authors' code: keeps the quotient finite.
    """

    def __init__(self, channels: int, size: Size | None = None, *, e_lambda: float = 1e-4) -> None:
        super().__init__()
        self.e_lambda = e_lambda

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map."""
        # A sum of squares over a large map overflows half precision, so the gate is
        # computed in single precision at least.
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        deviation = (wide - wide.mean((2, 3), keepdim=True)).square()
        # Two steps for each channel, so that each pixel needs a product and no quotient.
        degrees = max(int(x.shape[2] * x.shape[3]) - 1, 1)
        quadruple = deviation.sum((2, 3), keepdim=True) * (4 / degrees) + 4 * self.e_lambda
        gate = (deviation * quadruple.reciprocal()).add_(0.5).sigmoid_()
        return x * gate.to(x.dtype)

    def extra_repr(self) -> str:
        """Return the options for ``print``."""
        return f"e_lambda={self.e_lambda}"

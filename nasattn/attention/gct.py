"""Gated channel transformation (GCT).

Yang, Zhu, Wu, Yang, "Gated Channel Transformation for Visual Recognition", CVPR 2020,
https://arxiv.org/abs/1909.11519; the authors' code: https://github.com/z-x-yang/GCT.
"""

import torch
from torch import Tensor, nn

from nasattn.attention.hyperparameter import FLAG, POSITIVE, Hyperparameter, Scalar, Size, one_of
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind

_HALF = (torch.float16, torch.bfloat16)


def _resolve(
    channels: int, size: Size | None, *, mode: str, after_relu: bool, eps: float
) -> dict[str, Scalar]:
    if mode == "l2":  # a square has no sign that after_relu could spare
        return {"mode": mode, "eps": eps}
    return {"mode": mode, "after_relu": after_relu, "eps": eps}


@register(
    "gct",
    slots=(SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END),
    paper="Gated Channel Transformation for Visual Recognition (CVPR 2020)",
    url="https://arxiv.org/abs/1909.11519",
    hyperparameters=(
        Hyperparameter("mode", "l2", one_of("l2", "l1")),
        Hyperparameter("after_relu", default=False, rule=FLAG),
        Hyperparameter("eps", 1e-5, POSITIVE, priced=False),
    ),
    resolve=_resolve,
)
class GatedChannelTransformation(nn.Module):
    """Gate each channel by its share of the map's energy; the identity at initialisation.

    In mode "l2", over pixels p of channel c::

        e_c = alpha_c * sqrt(sum_p x_cp^2 + eps)
        n_c = e_c / sqrt(mean_c(e_c^2) + eps)
        y_c = x_c * (1 + tanh(gamma_c * n_c + beta_c))

    and in mode "l1"::

        e_c = alpha_c * sum_p |x_cp|
        n_c = e_c / (mean_c(|e_c|) + eps)

    Shapes: input and result (N, C, H, W); ``alpha``, ``gamma``, ``beta`` (1, C, 1, 1).

    As in the authors' code, weight decay leaves beta alone and not alpha and gamma.

    Args:
        channels: C.
        size: Ignored; any map size will do.
        mode: "l2" or "l1".
        after_relu: In mode "l1", take the sum as it is, trusting that the input has no
            negative values.
        eps: Keeps the square roots and the quotient finite.
    """

    undecayed = ("beta",)

    def __init__(
        self,
        channels: int,
        size: Size | None = None,
        *,
        mode: str = "l2",
        after_relu: bool = False,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        self.mode, self.after_relu, self.eps = mode, after_relu, eps
        self.alpha = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map."""
        # A sum of squares over a large map overflows half precision, so the gate is
        # computed in single precision at least.
        wide = x.float() if x.dtype in _HALF else x
        normed = self._normed_l2(wide) if self.mode == "l2" else self._normed_l1(wide)
        gate = 1 + torch.tanh(self.gamma * normed + self.beta)
        return x * gate.to(x.dtype)

    def _normed_l2(self, x: Tensor) -> Tensor:
        embedding = self.alpha * (x.square().sum((2, 3), keepdim=True) + self.eps).sqrt()
        # The mean over C, where the paper has the sum, is its factor sqrt(C).
        return embedding / (embedding.square().mean(1, keepdim=True) + self.eps).sqrt()

    def _normed_l1(self, x: Tensor) -> Tensor:
        magnitude = x if self.after_relu else x.abs()
        embedding = self.alpha * magnitude.sum((2, 3), keepdim=True)
        return embedding / (embedding.abs().mean(1, keepdim=True) + self.eps)

    def extra_repr(self) -> str:
        """Return the options for ``print``."""
        return f"{self.alpha.shape[1]}, mode={self.mode}, eps={self.eps}"

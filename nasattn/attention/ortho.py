"""Orthogonal channel attention (OrthoNets).

Salman, Parks, Swan, Gauch, "OrthoNets: Orthogonal Channel Attention Networks", 2023,
https://arxiv.org/abs/2311.03071; the authors' code: https://github.com/hady1011/OrthoNets.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasattn.attention.hidden import canonical_ratio, rounded
from nasattn.attention.hyperparameter import (
    INTEGER,
    SEED,
    Hyperparameter,
    Scalar,
    Size,
    either,
    one_of,
)
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind
from nasattn.errors import UserError


def orthonormal_filters(channels: int, size: Size, seed: int = 0) -> Tensor:
    """Return random filters of norm 1, orthogonal within groups of H * W filters.

    Uniform draws are orthogonalised one after the other (Gram-Schmidt) in float64. A map
    of H * W pixels has no more orthogonal filters than pixels, so more channels than that
    form groups, each with own draws. The paper's code demands that groups are full; here
    the last one is smaller where H * W does not divide C.

    Args:
        channels: C.
        size: (H, W) of a filter.
        seed: Of the draws.

    Returns:
        (C, H, W), float64.
    """
    height, width = size
    generator = torch.Generator("cpu").manual_seed(seed)
    draws = torch.rand(
        channels, height * width, generator=generator, dtype=torch.float64, device="cpu"
    )
    groups = [_orthonormal_rows(group) for group in torch.split(draws, height * width)]
    return torch.cat(groups).view(channels, height, width)


def _orthonormal_rows(rows: Tensor) -> Tensor:
    """Return what Gram-Schmidt makes of the rows, by the stabler QR decomposition."""
    q, r = torch.linalg.qr(rows.T)
    # Gram-Schmidt is the decomposition whose R has a positive diagonal.
    filters: Tensor = q * torch.where(r.diagonal() < 0, -1.0, 1.0)
    return filters.T


def _filter_size(filter_size: int | str, size: Size | None) -> Size:
    if not isinstance(filter_size, str):
        return filter_size, filter_size
    if size is None:
        raise UserError(
            'ortho.filter_size = "site": needs the size (H, W) of the maps, which was not given; '
            "an integer does not"
        )
    return size


def _resolve(
    channels: int,
    size: Size | None,
    *,
    ratio: int,
    filter_size: int | str,
    seed: int | None,
) -> dict[str, Scalar]:
    height, width = _filter_size(filter_size, size)
    options: dict[str, Scalar] = {
        "ratio": canonical_ratio("ortho", channels, ratio, rounded),
        "filter_size": height if height == width else "site",
    }
    return options if seed is None else {**options, "seed": seed}


@register(
    "ortho",
    slots=(SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END),
    paper="OrthoNets: Orthogonal Channel Attention Networks (2023)",
    url="https://arxiv.org/abs/2311.03071",
    hyperparameters=(
        Hyperparameter("ratio", 16, INTEGER),
        Hyperparameter("filter_size", "site", either(one_of("site"), INTEGER)),
        Hyperparameter("seed", None, SEED, priced=False),
    ),
    resolve=_resolve,
)
class OrthogonalAttention(nn.Module):
    """Squeeze each channel by a fixed filter of its own, orthogonal to the others'.

    With K the filters, (C, h, w), and W1 (C to round(C / ratio)), W2 (back) without biases::

        z_c = sum_ij K_cij * x_cij
        y = x * sigmoid(W2 relu(W1 z))

    Maps of another size than the filters are first brought to it by adaptive average
    pooling. ``constant_filter`` is a buffer of the state dict and is not trained.

    Shapes: input and result (N, C, H, W).

    Args:
        channels: C.
        size: (H, W); ``filter_size`` "site" needs it.
        ratio: C over the hidden channels, which are rounded, halves to even.
        filter_size: Side of square filters, or "site": the filters have ``size``.
        seed: Of the filters' draws; None is 0.

    Raises:
        UserError: ``filter_size`` is "site", and there is no size.
    """

    constant_filter: Tensor

    def __init__(
        self,
        channels: int,
        size: Size | None = None,
        *,
        ratio: int = 16,
        filter_size: int | str = "site",
        seed: int | None = None,
    ) -> None:
        super().__init__()
        size = _filter_size(filter_size, size)
        filters = orthonormal_filters(channels, size, 0 if seed is None else seed)
        self.register_buffer(
            "constant_filter", filters.to(torch.get_default_device(), torch.get_default_dtype())
        )
        hidden = rounded(channels, ratio)
        self.squeeze = nn.Linear(channels, hidden, bias=False)
        self.excite = nn.Linear(hidden, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map."""
        height, width = self.constant_filter.shape[-2:]
        fits = x.shape[-2:] == (height, width)
        pooled = x if fits else F.adaptive_avg_pool2d(x, (height, width))
        z = (self.constant_filter * pooled).sum((2, 3))
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(z))))
        return x * gate[:, :, None, None]

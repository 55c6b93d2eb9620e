"""Orthogonal channel attention (OrthoNets).

Salman, Parks, Swan, Gauch, "OrthoNets: Orthogonal Channel Attention Networks", 2023,
https://arxiv.org/abs/2311.03071; the authors' code: https://github.com/hady1011/OrthoNets.
"""

import torch
from torch import Tensor

from nasattn.attention.fixed_filter import (
    FixedFilterExcitation,
    check_num_values,
    filter_size_at,
)
from nasattn.attention.hidden import canonical_ratio, rounded
from nasattn.attention.hyperparameter import (
    INTEGER,
    SEED,
    SIDE,
    Hyperparameter,
    Scalar,
    Size,
    either,
    one_of,
)
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind


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


def _resolve(
    channels: int,
    size: Size | None,
    *,
    ratio: int,
    filter_size: int | str,
    seed: int | None,
) -> dict[str, Scalar]:
    height, width = filter_size_at("ortho", filter_size, size)
    check_num_values("ortho", channels, (height, width))
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
        Hyperparameter("filter_size", "site", either(one_of("site"), SIDE)),
        Hyperparameter("seed", None, SEED, priced=False),
    ),
    resolve=_resolve,
)
class OrthogonalAttention(FixedFilterExcitation):
    """Squeeze each channel by a fixed filter of its own, orthogonal to the others'.

    It is ``FixedFilterExcitation`` with ``orthonormal_filters`` and round(C / ratio) hidden
    channels.

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

    def __init__(
        self,
        channels: int,
        size: Size | None = None,
        *,
        ratio: int = 16,
        filter_size: int | str = "site",
        seed: int | None = None,
    ) -> None:
        size = filter_size_at("ortho", filter_size, size)
        filters = orthonormal_filters(channels, size, 0 if seed is None else seed)
        super().__init__(filters, rounded(channels, ratio))

"""Normalisation-based attention (NAM).

Liu, Shao, Teng, Hoffmann, "NAM: Normalization-based Attention Module", NeurIPS 2021 workshop,
https://arxiv.org/abs/2111.12419; the authors' code: https://github.com/Christian-lyc/NAM
(the spatial part is in its history up to commit afbaf4c).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasattn.attention.hyperparameter import NOT_NEGATIVE, Hyperparameter, Scalar, Size, one_of
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind
from nasattn.errors import UserError


def _required(size: Size | None, attend: str) -> Size:
    if size is None:
        raise UserError(
            f'nam.attend = "{attend}": needs the size (H, W) of the maps, which was not given; '
            '"channel" does not'
        )
    return size


def _resolve(channels: int, size: Size | None, *, attend: str, penalty: float) -> dict[str, Scalar]:
    if attend != "channel":
        _required(size, attend)
    return {"attend": attend, "penalty": penalty}


def _share(gamma: Tensor) -> Tensor:
    """Return |gamma| over its sum, cut off from the gradient as in the authors' code."""
    magnitude = gamma.detach().abs()
    # Where every gamma is 0 the formula is 0/0. The smallest normal number in the place of 0
    # makes each share 1/C then, the limit of equal scales, from which gamma can recover (a share
    # of 0 would end its gradient); beside any larger gamma it is lost in rounding. Masked and
    # not clamped: selecting is free in the FLOP count, and the formula has no clamp.
    tiny = torch.finfo(magnitude.dtype).tiny
    magnitude = magnitude.masked_fill(magnitude < tiny, tiny)
    return magnitude / magnitude.sum()


def _shared_norm(bn: nn.BatchNorm1d | nn.BatchNorm2d, x: Tensor) -> Tensor:
    """Return share * bn(x) in one pass: the share is part of the norm's scale and shift."""
    if bn.training and bn.num_batches_tracked is not None:
        bn.num_batches_tracked.add_(1)
    share = _share(bn.weight)
    return F.batch_norm(
        x,
        bn.running_mean,
        bn.running_var,
        share * bn.weight,
        share * bn.bias,
        bn.training,
        bn.momentum or 0.0,
        bn.eps,
    )


class ChannelGate(nn.Module):
    """NAM's channel part: gate by an own batch norm, weighted by each channel's scale.

    With gamma the scale of ``bn``::

        y = x * sigmoid(|gamma_c| / sum_j |gamma_j| * bn(x))

    The quotient is a constant to the gradient: gamma has one through ``bn`` only.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map, (N, C, H, W) as the input."""
        return x * torch.sigmoid(_shared_norm(self.bn, x)).to(x.dtype)

    def formula(self, x: Tensor) -> Tensor:
        """Return the same by the steps of the paper, whose FLOPs are those that count."""
        gate = torch.sigmoid(_share(self.bn.weight).view(1, -1, 1, 1) * self.bn(x))
        return x * gate.to(x.dtype)


class SpatialGate(nn.Module):
    """NAM's spatial part: as the channel part, with pixels in the place of channels.

    The statistics of ``bn`` are over samples and channels, its features the H * W pixels.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.bn = nn.BatchNorm1d(size[0] * size[1])

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map, (N, C, H, W) as the input.

        Raises:
            UserError: the maps have another size than the module was made for.
        """
        if x.shape[-2:] != self.size:
            made, got = ("x".join(str(int(n)) for n in size) for size in (self.size, x.shape[-2:]))
            raise UserError(
                f"nam: its spatial part was made for maps of {made} and got maps of {got}; "
                'create it for that size, or with attend = "channel"'
            )
        pixels = x.flatten(2).transpose(1, 2)
        gate = torch.sigmoid(_shared_norm(self.bn, pixels))
        return x * gate.transpose(1, 2).reshape(x.shape).to(x.dtype)

    def formula(self, x: Tensor) -> Tensor:
        """Return the same by the steps of the paper, whose FLOPs are those that count."""
        pixels = x.flatten(2).transpose(1, 2)
        gate = torch.sigmoid(_share(self.bn.weight).view(1, -1, 1) * self.bn(pixels))
        return x * gate.transpose(1, 2).reshape(x.shape).to(x.dtype)


@register(
    "nam",
    slots=(SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END),
    paper="NAM: Normalization-based Attention Module (NeurIPS 2021 workshop)",
    url="https://arxiv.org/abs/2111.12419",
    hyperparameters=(
        Hyperparameter("attend", "channel", one_of("channel", "spatial", "both")),
        Hyperparameter("penalty", 1e-4, NOT_NEGATIVE, priced=False),
    ),
    resolve=_resolve,
)
class NormalizationAttention(nn.Module):
    """Gate channels, pixels or both by batch norms whose scales say what matters.

    At initialisation every gate is close to 1/2: the module halves its input.

    Shapes: input and result (N, C, H, W).

    Args:
        channels: C.
        size: (H, W); "spatial" and "both" need it and accept no other size.
        attend: "channel", "spatial" or "both" (first channel, then spatial).
        penalty: The weight p of the L1 term that training adds to the loss.

    Raises:
        UserError: ``attend`` needs the size, and there is none.
    """

    def __init__(
        self,
        channels: int,
        size: Size | None = None,
        *,
        attend: str = "channel",
        penalty: float = 1e-4,
    ) -> None:
        super().__init__()
        self.penalty = penalty
        self.gates = nn.Sequential()
        if attend in {"channel", "both"}:
            self.gates.append(ChannelGate(channels))
        if attend in {"spatial", "both"}:
            self.gates.append(SpatialGate(_required(size, attend)))

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map."""
        result: Tensor = self.gates(x)
        return result

    def penalty_loss(self) -> Tensor:
        """Return the term of the loss that makes scales sparse: penalty * sum |gamma|."""
        norms = [
            norm for norm in self.modules() if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d)
        ]
        return self.penalty * torch.cat([norm.weight for norm in norms]).abs().sum()

"""Squeeze by fixed filters, excite by a small network: what OrthoNets and FcaNet share."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasattn.attention.hyperparameter import Size
from nasattn.errors import UserError

_MOST_VALUES = 2**27


def filter_size_at(module: str, filter_size: int | str, size: Size | None) -> Size:
    """Return (H, W) of a module's filters: of a square, or for "site" those of the maps.

    Raises:
        UserError: ``filter_size`` is "site", and there is no size.
    """
    if not isinstance(filter_size, str):
        return filter_size, filter_size
    if size is None:
        raise UserError(
            f'{module}.filter_size = "site": needs the size (H, W) of the maps, which was not '
            "given; an integer does not"
        )
    return size


def check_num_values(module: str, channels: int, size: Size) -> None:
    """Refuse filters that would fill the memory.

    Raises:
        UserError: C filters of ``size`` have more than 2^27 values.
    """
    height, width = size
    values = channels * height * width
    if values > _MOST_VALUES:
        raise UserError(
            f"{module}.filter_size: filters of {channels}×{height}×{width} have {values:,} values, "
            f"but at most {_MOST_VALUES:,} are made"
        )


class FixedFilterExcitation(nn.Module):
    """Gate each channel by a small network that sees what one filter says of each channel.

    With K the filters, (C, h, w), and W1 (C to hidden), W2 (back) without biases::

        z_c = sum_ij K_cij * x_cij
        y = x * sigmoid(W2 relu(W1 z))

    Maps of another size than the filters are first brought to it by adaptive average
    pooling. ``constant_filter`` is a buffer of the state dict and is not trained.

    Shapes: input and result (N, C, H, W).

    Args:
        filters: K.
        hidden: Channels between W1 and W2.
    """

    constant_filter: Tensor

    def __init__(self, filters: Tensor, hidden: int) -> None:
        super().__init__()
        self.register_buffer(
            "constant_filter", filters.to(torch.get_default_device(), torch.get_default_dtype())
        )
        channels, height, width = filters.shape
        self.size = (height, width)
        self.squeeze = nn.Linear(channels, hidden, bias=False)
        self.excite = nn.Linear(hidden, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map."""
        pooled = x if x.shape[2:] == self.size else F.adaptive_avg_pool2d(x, self.size)
        z = (self.constant_filter * pooled).sum((2, 3))
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(z), inplace=True)))
        return x * gate.view(*gate.shape, 1, 1)

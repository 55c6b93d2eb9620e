"""Frequency channel attention (FcaNet).

Qin, Zhang, Wu, Li, "FcaNet: Frequency Channel Attention Networks", ICCV 2021,
https://arxiv.org/abs/2012.11879; the authors' code: https://github.com/cfzd/FcaNet.
"""

import math

import torch
from torch import Tensor

from nasattn.attention.fixed_filter import (
    FixedFilterExcitation,
    check_num_values,
    filter_size_at,
)
from nasattn.attention.hidden import canonical_ratio, floored
from nasattn.attention.hyperparameter import (
    INTEGER,
    SIDE,
    Hyperparameter,
    Rule,
    Scalar,
    Size,
    either,
    one_of,
)
from nasattn.attention.registry import register
from nasattn.attention.slot_kind import SlotKind

# (vertical, horizontal) in the basis of 7x7 maps, best first: the paper measured the accuracy
# of each alone.
_FREQUENCIES = (
    *((0, 0), (0, 1), (6, 0), (0, 5), (0, 2), (1, 0), (1, 2), (4, 0)),
    *((5, 0), (1, 6), (3, 0), (0, 4), (0, 6), (0, 3), (3, 5), (2, 2)),
    *((4, 6), (6, 3), (3, 3), (5, 3), (5, 5), (2, 1), (6, 1), (5, 2)),
    *((5, 4), (3, 2), (3, 1), (4, 1), (2, 3), (2, 0), (6, 5), (1, 3)),
)
_BASIS = 7


def frequency_filters(channels: int, size: Size, num_frequencies: int = 16) -> Tensor:
    """Return one filter of the orthonormal discrete cosine transform for each channel.

    Channels are split into as many groups as there are frequencies, in order. The paper's
    code demands equal groups; here the first ones have one channel more where the number
    does not divide C, so that fewer channels than frequencies take the best of these.

    Args:
        channels: C.
        size: (H, W) of a filter, each at least 7. A frequency is scaled by H // 7 and
            W // 7 from the 7x7 maps that it was chosen on.
        num_frequencies: How many of the paper's best, from 1 to 32.

    Returns:
        (C, H, W), float64; each of norm 1.
    """
    height, width = size
    each, more = divmod(channels, num_frequencies)
    return torch.cat(
        [
            torch.outer(_wave(u, height), _wave(v, width)).expand(each + (group < more), -1, -1)
            for group, (u, v) in enumerate(_FREQUENCIES[:num_frequencies])
        ]
    )


def _wave(frequency: int, length: int) -> Tensor:
    """Return the cosine of a frequency of the 7-point basis over ``length`` points; norm 1."""
    frequency *= length // _BASIS
    points = torch.arange(length, dtype=torch.float64, device="cpu") + 0.5
    scale = math.sqrt((2 if frequency else 1) / length)
    return scale * torch.cos(math.pi * frequency / length * points)


def _filter_size(filter_size: int | str, size: Size | None) -> Size:
    height, width = filter_size_at("fca", filter_size, size)
    # Below 7 points the frequencies would all be scaled to 0: such maps are pooled up to 7.
    return max(height, _BASIS), max(width, _BASIS)


def _resolve(
    channels: int,
    size: Size | None,
    *,
    ratio: int,
    filter_size: int | str,
    num_frequencies: int,
) -> dict[str, Scalar]:
    height, width = _filter_size(filter_size, size)
    check_num_values("fca", channels, (height, width))
    return {
        "ratio": canonical_ratio("fca", channels, ratio, floored),
        "filter_size": height if height == width else "site",
        "num_frequencies": min(num_frequencies, channels),
    }


_SIDE = Rule("an integer from 7 to 1023", lambda value: SIDE.accepts(value) and value >= _BASIS)
_COUNT = Rule(
    f"an integer from 1 to {len(_FREQUENCIES)}",
    lambda value: INTEGER.accepts(value) and value <= len(_FREQUENCIES),
)


@register(
    "fca",
    slots=(SlotKind.BEFORE_CONV, SlotKind.AFTER_CONV, SlotKind.BLOCK_END),
    paper="FcaNet: Frequency Channel Attention Networks (ICCV 2021)",
    url="https://arxiv.org/abs/2012.11879",
    hyperparameters=(
        Hyperparameter("ratio", 16, INTEGER),
        Hyperparameter("filter_size", "site", either(one_of("site"), _SIDE)),
        Hyperparameter("num_frequencies", 16, _COUNT),
    ),
    resolve=_resolve,
)
class FrequencyAttention(FixedFilterExcitation):
    """Squeeze each group of channels by one frequency of the discrete cosine transform.

    It is ``FixedFilterExcitation`` with ``frequency_filters`` and C // ratio hidden channels.

    Shapes: input and result (N, C, H, W).

    Args:
        channels: C.
        size: (H, W); ``filter_size`` "site" needs it.
        ratio: C over the hidden channels, which are rounded down.
        filter_size: Side of square filters, or "site": the filters have ``size``; each side
            at least 7. The authors have 56, 28, 14 and 7 for the stages of a ResNet.
        num_frequencies: Groups of channels, each with a frequency of its own; the authors'
            "top16" is 16.

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
        num_frequencies: int = 16,
    ) -> None:
        size = _filter_size(filter_size, size)
        filters = frequency_filters(channels, size, num_frequencies)
        super().__init__(filters, floored(channels, ratio))

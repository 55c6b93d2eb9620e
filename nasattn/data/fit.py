"""Images brought to the size and the number of channels that a study asks for."""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from nasattn.data.images import ImageSet, Shape, shape_text
from nasattn.data.spec import DataSpec
from nasattn.errors import UserError

_CHUNK = 1024


class Fit(Protocol):
    """What images are brought to, such as a ``DataSpec``."""

    @property
    def resize(self) -> int | None:
        """Side of the square in pixels; None leaves the size."""

    @property
    def channels(self) -> int | None:
        """Number of channels; None leaves it."""


def fitted(pixels: Tensor, spec: Fit, place: str) -> Tensor:
    """Return ``(N, C, H, W)`` uint8 with ``resize`` and ``channels`` of ``spec`` applied.

    Raises:
        UserError: the channels cannot be converted.
    """
    if spec.channels is not None:
        pixels = with_channels(pixels, spec.channels, place)
    if spec.resize is not None:
        pixels = torch.cat([resized(chunk, spec.resize) for chunk in torch.split(pixels, _CHUNK)])
    return pixels


def with_channels(pixels: Tensor, channels: int, place: str) -> Tensor:
    """Return ``(N, C, H, W)`` as ``(N, channels, H, W)``: grey from colour, or grey repeated.

    Raises:
        UserError: neither is possible.
    """
    have = pixels.shape[1]
    if have == channels:
        return pixels
    if have == 1:
        return pixels.expand(-1, channels, -1, -1).contiguous()
    if (have, channels) == (3, 1):
        parts = [grey_of(chunk) for chunk in torch.split(pixels, _CHUNK)]
        return torch.cat([part.round().to(torch.uint8) for part in parts])
    raise UserError(
        f"{place}: [data] channels = {channels} cannot be made of {have} channels; "
        "only 3 to 1 and 1 to 3 are possible"
    )


def grey_of(pixels: Tensor) -> Tensor:
    """Return the brightness ``(N, 1, H, W)``, float32, of ``(N, C, H, W)``.

    Of three channels it is the luma of ITU-R 601-2, as in Pillow's mode "L"; else their mean.
    """
    if pixels.shape[1] != 3:
        return pixels.float().mean(1, keepdim=True)
    red, green, blue = pixels.unsqueeze(2).unbind(1)
    return (0.299 * red).add_(green, alpha=0.587).add_(blue, alpha=0.114)


def resized(pixels: Tensor, side: int) -> Tensor:
    """Resize the shorter side of ``(N, C, H, W)`` to ``side`` and keep the centre square."""
    height, width = pixels.shape[2:]
    shorter = min(height, width)
    size = (round(height * side / shorter), round(width * side / shorter))
    if size != (height, width):
        # On uint8, with whole-number weights as Pillow's: six times as fast as on floats.
        pixels = F.interpolate(pixels, size, mode="bilinear", antialias=True)
    top, left = (size[0] - side) // 2, (size[1] - side) // 2
    return pixels[:, :, top : top + side, left : left + side].contiguous()


def check_resize(spec: DataSpec, input_shape: Shape) -> None:
    """Check that resized images would have ``input_shape``, before any is resized.

    Raises:
        UserError: they would not.
    """
    side = spec.resize
    if side is not None and input_shape[1:] != (side, side):
        raise UserError(
            f"[data] resize = {side} makes images of {side}×{side}, but input_shape is "
            f"{shape_text(input_shape)}; set resize or input_shape so that they agree"
        )


def check_shape(images: ImageSet, input_shape: Shape, place: str) -> None:
    """Check that each image has ``input_shape``.

    Raises:
        UserError: it has not; the message says which settings would do.
    """
    if images.shape == input_shape:
        return
    channels, height, width = input_shape
    advice = []
    if images.shape[1:] != (height, width) and height == width:
        advice.append(f"[data] resize = {height}")
    if images.shape[0] != channels and {images.shape[0], channels} == {1, 3}:
        advice.append(f"[data] channels = {channels}")
    either = f"{' and '.join(advice)}, or " if advice else ""
    raise UserError(
        f"{place}: images are {shape_text(images.shape)}, but input_shape is "
        f"{shape_text(input_shape)}; set {either}input_shape = {list(images.shape)}"
    )

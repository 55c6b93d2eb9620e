"""Draws of an epoch: tensors with one row for each image."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Self

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False, slots=True)
class PerImage:
    """Base of what is drawn before an epoch: tensors with a row for each image, or parts of them.

    A field may be None where nothing of its kind is drawn.
    """

    def take(self, indices: slice) -> Self:
        """Return the rows of some images."""
        return self._each(lambda values: values[indices])

    def to(self, device: torch.device) -> Self:
        """Return the same draws on ``device``."""
        return self._each(lambda values: values.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Self:
        return type(self)(*(_changed(getattr(self, field.name), change) for field in fields(self)))


def _changed(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(value, PerImage):
        return value._each(change)
    return None if value is None else change(value)

"""Gradients laid out in memory as what they are the gradients of."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook


@contextmanager
def channels_last_gradients() -> Iterator[None]:
    """Let the gradients of all maps that modules return in channels_last come back in it.

    The backward of a global pool or of a padded shortcut gives them in the other format, and CPUs
    then go through an activation's two maps in different orders: that alone took twenty times as
    long. What a gradient is does not change; the order of sums over it may.
    """
    hook = register_module_forward_hook(_follow)
    try:
        yield
    finally:
        hook.remove()


def _follow(module: nn.Module, inputs: Any, output: Any) -> None:
    del module, inputs
    if (
        isinstance(output, Tensor)
        and output.requires_grad
        and output.ndim == 4
        and output.is_contiguous(memory_format=torch.channels_last)
    ):
        output.register_hook(_laid_out)  # type: ignore[no-untyped-call]  # so is torch's


def _laid_out(gradient: Tensor) -> Tensor:
    return gradient.contiguous(memory_format=torch.channels_last)

"""Autocast, loss scaling and the logits that come out of them."""

from typing import Any

import torch
from torch import Tensor

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """Return the context in which a network runs in ``precision``; fp32 switches it off."""
    dtype = _DTYPES.get(precision)
    return torch.autocast(device.type, dtype=dtype, enabled=dtype is not None)


def loss_scaler(precision: str, device: torch.device) -> torch.amp.GradScaler:
    """Return the scaler that keeps small fp16 gradients; for other precisions it does nothing."""
    return torch.amp.GradScaler(device.type, enabled=precision == "fp16")


def logits_of(outputs: Any) -> Tensor:
    """Return the logits, float32, of what a network returned.

    Networks with auxiliary heads return several outputs in training; the first is the logits.
    """
    first = outputs if isinstance(outputs, Tensor) else outputs[0]
    logits: Tensor = first.float()
    return logits

"""Autocast, loss scaling and the logits that come out of them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
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
    """Return the logits, float32, of what a network returned: see ``chosen_output``."""
    logits: Tensor = chosen_output(outputs).float()
    return logits


def chosen_output(outputs: Any) -> Any:
    """Return the output that is trained, of one or several.

    Networks with auxiliary heads return a tuple or a list, others name their outputs in a
    mapping, a named tuple or a dataclass. The output called ``logits`` is taken, else ``out``,
    else the first; what is none of these is returned as it is.
    """
    if isinstance(outputs, Tensor):
        return outputs
    named = _by_name(outputs)
    names = [name for name in ("logits", "out") if name in named] or list(named)
    return named[names[0]] if names else outputs


def _by_name(outputs: Any) -> dict[Any, Any]:
    """Return several outputs by their names, or by their numbers where they have none."""
    if isinstance(outputs, Mapping):
        return dict(outputs)
    if is_dataclass(outputs):
        return {field.name: getattr(outputs, field.name) for field in fields(outputs)}
    if isinstance(outputs, tuple) and hasattr(outputs, "_asdict"):
        return dict(outputs._asdict())
    return dict(enumerate(outputs)) if isinstance(outputs, list | tuple) else {}

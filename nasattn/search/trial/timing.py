"""The latency of an architecture under stated conditions."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from nasattn.cost.latency import Latency, measure_latency
from nasattn.placement import Architecture, build
from nasattn.search.study.environment import environment
from nasattn.training.precision import autocast


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a latency depends on besides the network.

    Attributes:
        device: Where it runs.
        batch_size: Images in one forward pass.
        threads: CPU threads.
        precision: As of a recipe: ``fp32``, ``bf16`` or ``fp16``.
        channels_last: Whether maps lie in memory with their channels last.
    """

    device: torch.device
    batch_size: int
    threads: int
    precision: str = "fp32"
    channels_last: bool = False


def time_architecture(
    architecture: Architecture, num_classes: int, conditions: Conditions
) -> Latency:
    """Build a network with fixed weights and time it in evaluation, on a batch of noise.

    Args:
        architecture: A canonical architecture.
        num_classes: Number of outputs.
        conditions: Under which.
    """
    device, layout = conditions.device, torch.contiguous_format
    if conditions.channels_last:
        layout = torch.channels_last
    network = build(architecture, num_classes, seed=0).eval()
    network = network.to(device=device, memory_format=layout)  # type: ignore[call-overload]  # torch leaves this form out of its overloads
    shape = (conditions.batch_size, *architecture.input_shape)
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    images = noise.to(device=device, memory_format=layout)
    with torch.inference_mode(), autocast(conditions.precision, device):
        return measure_latency(lambda: network(images), device, conditions.threads)


def describe_latency(
    architecture: Architecture, num_classes: int, conditions: Conditions
) -> dict[str, Any]:
    """Measure an architecture and, where it has placements, the bare backbone beside it.

    Returns:
        Strings, numbers and dictionaries only; ``bare`` is None where there are no placements.
    """
    bare = replace(architecture, placements=())
    measured = time_architecture(architecture, num_classes, conditions)
    beside = time_architecture(bare, num_classes, conditions) if architecture.placements else None
    made_with = environment(conditions.device)
    return {
        **asdict(measured),
        "bare": asdict(beside) if beside else None,
        "batch_size": conditions.batch_size,
        "threads": conditions.threads,
        "precision": conditions.precision,
        **{key: made_with[key] for key in ("device", "processor", "torch")},
    }

"""Which device trains, and in which precision."""

from collections.abc import Mapping

import torch
from torch import nn

from nasattn.errors import UnknownNameError, UserError
from nasattn.training.compiling import check_compiler
from nasattn.training.recipe import Recipe


def resolve_device(text: str) -> torch.device:
    """Return the device that ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps`` means here.

    ``auto`` is the first CUDA device, else Apple's GPU, else the CPU.

    Raises:
        UnknownNameError: there is no such device; the message names those that are.
    """
    here = available_devices()
    if text == "auto":
        return torch.device(here[-1] if here[-1] == "mps" else here[min(1, len(here) - 1)])
    name = "cuda:0" if text == "cuda" else text
    if name not in here:
        raise UnknownNameError("device", text, ["auto", *here])
    return torch.device(name)


def available_devices() -> list[str]:
    """Return the devices of this machine, the CPU first."""
    cuda = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    apple = ["mps"] if torch.backends.mps.is_available() else []
    return ["cpu", *cuda, *apple]


def resolve_recipe(recipe: Recipe, device: torch.device) -> Recipe:
    """Return ``recipe`` with its precision fixed for ``device``.

    Raises:
        UserError: the device cannot train in the precision that the recipe asks for, or lacks
            what it takes to compile.
    """
    if recipe.compile:
        check_compiler(device)
    possible = _precisions(device)
    if recipe.precision == "auto":
        return recipe.model_copy(update={"precision": possible[0]})
    if recipe.precision not in possible:
        raise UserError(
            f'recipe.precision = "{recipe.precision}" is not possible on {device}; '
            f"possible: auto, {', '.join(sorted(possible))}"
        )
    return recipe


def on_device(network: nn.Module, recipe: Recipe, device: torch.device) -> nn.Module:
    """Bring a network to ``device``, in place, in the memory format of ``recipe``; return it."""
    memory = torch.channels_last if recipe.channels_last else torch.contiguous_format
    moved: nn.Module = network.to(device=device, memory_format=memory)  # type: ignore[call-overload]  # torch leaves this form out of its overloads
    return moved


def _precisions(device: torch.device) -> list[str]:
    """Return what ``device`` can train in, what ``auto`` takes first."""
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return ["bf16", "fp16", "fp32"] if native else ["fp16", "fp32"]
    if device.type == "cpu":
        return ["bf16", "fp32"] if _cpu_multiplies_bf16() else ["fp32", "bf16"]
    return ["fp32"]


def _cpu_multiplies_bf16() -> bool:
    # Old versions of PyTorch do not tell: fp32 then, which costs time only.
    found: Mapping[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(found.get("amx_bf16") or found.get("avx512_bf16"))

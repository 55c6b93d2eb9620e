"""What a result depends on besides its settings: versions and hardware."""

import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import torch

_TO_THE_BIT = ("torch", "processor", "device")


def environment(device: torch.device) -> dict[str, str]:
    """Return versions of what computes, and the names of processor and device."""
    return {
        "nasattn": version("nasattn"),
        "torch": str(torch.__version__),
        "torchvision": version("torchvision"),
        "optuna": version("optuna"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "device": device_name(device),
    }


def device_name(device: torch.device) -> str:
    """Return a device as tables name it: ``cpu``, or the GPU's own name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def default_threads() -> int:
    """Return the CPU threads of a trial where the study names none: the machine's, at most 4."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(4, usable or 1))


def differences(
    made_with: Mapping[str, str], now: Mapping[str, str], watched: Iterable[str] = _TO_THE_BIT
) -> list[str]:
    """Return in words what has changed, by default of what the numbers may depend on to the bit."""
    return [
        f"{key} was {made_with.get(key, 'unknown')}, now {now[key]}"
        for key in watched
        if made_with.get(key) != now[key]
    ]


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

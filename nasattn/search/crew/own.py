"""A crew of processes on this machine."""

from collections.abc import Sequence
from dataclasses import replace

from nasattn.search.crew.link import Start
from nasattn.search.crew.process import Process
from nasattn.training.device import available_devices


def deal(device: str, workers: int) -> tuple[str, ...]:
    """Return the device of each worker: all CUDA devices in turn, unless one is asked for.

    Args:
        device: As the user gave it: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        workers: How many there are.
    """
    cuda = [name for name in available_devices() if name.startswith("cuda")]
    names = cuda if cuda and device in {"auto", "cuda"} else [device]
    return tuple(names[number % len(names)] for number in range(workers))


def own_processes(devices: Sequence[str]) -> Start:
    """Return what starts a process for each device."""
    return lambda _, orders: [Process(replace(orders, device=device)) for device in devices]

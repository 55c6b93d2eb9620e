"""What is done where memory runs out: the same again with half as many images at a time."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

from nasattn.errors import FailedError

Result = TypeVar("Result")

# What the allocators of CUDA's libraries, of Apple's GPUs and of CPUs say.
_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")


def halving(run: Callable[[int], Result], size: int, smallest: int) -> tuple[Result, int]:
    """Return what ``run(size)`` returns, and the size: halved as often as memory ran out.

    Args:
        run: Works through a batch with at most so many images at a time. What a run that fails
            has begun it must take back itself.
        size: To begin with.
        smallest: Below it no size is tried.

    Raises:
        FailedError: memory does not suffice for the smallest size either.
    """
    while True:
        try:
            return run(size), size
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if size <= smallest:
                first_line = str(error).strip().partition("\n")[0] or type(error).__name__
                raise FailedError(
                    f"out of memory even with {size} images at a time: {first_line}"
                ) from error
        # Here and not above: until the error is gone it keeps the tensors of the failed run.
        size = max(smallest, -(-size // 2))
        torch.cuda.empty_cache()  # does nothing where CUDA is not used


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether an error says that the device's or the machine's memory does not suffice."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


def num_parts(num_images: int, size: int) -> int:
    """Return into how many parts of about equal size a batch is cut, each of at most ``size``.

    A part of one image, on which BatchNorm may fail, there is never: of an odd number and size 2
    the first part has three.

    >>> [num_parts(128, 128), num_parts(128, 64), num_parts(100, 64), num_parts(5, 2)]
    [1, 2, 2, 2]
    """
    return max(1, min(-(-num_images // size), num_images // 2))


class Undo:
    """What a pass through a network in training changes besides gradients, kept from before it.

    These are the network's buffers (running statistics) and the generators of torch that dropout
    draws from. Buffers must be changed in place only, as torch's own are.

    Args:
        network: On its device.
        device: That device.
    """

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        self._buffers = list(network.buffers())
        self._kept = [buffer.clone() for buffer in self._buffers]
        self._cuda = device if device.type == "cuda" else None
        self._states: list[torch.Tensor] = []

    def keep(self) -> None:
        """Keep the present state; it waits for no device."""
        if self._buffers:
            torch._foreach_copy_(self._kept, self._buffers)
        self._states = [torch.get_rng_state()]
        if self._cuda:
            self._states.append(torch.cuda.get_rng_state(self._cuda))

    def restore(self) -> None:
        """Bring back the state that was kept."""
        if self._buffers:
            torch._foreach_copy_(self._buffers, self._kept)
        torch.set_rng_state(self._states[0])
        if self._cuda:
            torch.cuda.set_rng_state(self._states[1], self._cuda)

"""How the C library gives out memory to a training on the CPU."""

import ctypes
import sys
from functools import cache

# Of glibc's malloc.h: what mallopt sets, and what means "never back to the system".
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_NEVER = 2**31 - 1


@cache
def keep_freed_memory() -> None:
    """Let this process keep the memory that tensors leave, for those of the next step.

    glibc gives large blocks back to the system at once and every step asks for the same ones
    again: each page must be mapped and zeroed anew, up to a quarter of the time of a step with
    large maps. No number changes; a process stays as large as its largest step. Without glibc
    nothing is done.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, _NEVER)

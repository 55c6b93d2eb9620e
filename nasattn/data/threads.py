"""The same work on many items by several threads."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

_BATCH = 256


def by_threads(
    work: Callable[[Sequence[int]], list[Result]], indices: Sequence[int]
) -> list[Result]:
    """Return the results of ``work`` on all ``indices``, in their order."""
    # Whole batches to a thread: for small pictures handing over costs more than decoding.
    batches = [indices[start : start + _BATCH] for start in range(0, len(indices), _BATCH)]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        return [result for batch in pool.map(work, batches) for result in batch]

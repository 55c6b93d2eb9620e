"""What a process that trains keeps of its memory; each case is a process of its own."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="glibc's setting, and Linux's count of faults"
)

PROGRAM = """
import resource, torch
{first}
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.zeros(2**24) + 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


def faults(first: str) -> int:
    """Return how many pages were mapped anew for tensors like those just freed."""
    program = PROGRAM.format(first=first)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_memory_of_a_step_is_kept_for_the_next() -> None:
    kept = faults("from nasattn.training.allocator import keep_freed_memory; keep_freed_memory()")
    assert kept < faults("") / 10

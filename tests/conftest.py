"""What holds for every test: one thread, fixed seeds and terminal, nothing left behind."""

import os
import random
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Before torch is imported, here and in the processes that tests start: the suite's time and
# its numbers must not depend on the machine's cores.
os.environ["OMP_NUM_THREADS"] = "1"

pytest.register_assert_rewrite("tests.conformance")

settings.register_profile(
    "nasattn",
    deadline=None,  # the first example of a test may import torch or trace a network
    derandomize=True,  # the same examples in every run: a failure is a change in the code
    suppress_health_check=[HealthCheck.too_slow],  # as with the deadline
)
settings.load_profile("nasattn")


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NASATTN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "40")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.seed(0)
    for name, seed in (("numpy.random", "seed"), ("torch", "manual_seed")):
        if name in sys.modules:
            getattr(sys.modules[name], seed)(0)

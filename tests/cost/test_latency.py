"""Latency: measured after a warm-up, until enough is known."""

import time

import pytest
import torch

from nasattn.cost.latency import measure_latency

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nasattn.cost.latency._SECONDS", 0.05)


def test_it_is_the_time_of_one_run() -> None:
    found = measure_latency(lambda: time.sleep(0.003), CPU, 1)
    assert 3.0 <= found.median_ms < 30.0
    assert found.runs >= 10
    assert found.iqr_ms >= 0.0


def test_the_first_run_is_not_in_it() -> None:
    waits = iter([0.3])
    found = measure_latency(lambda: time.sleep(next(waits, 0.001)), CPU, 1)
    assert found.median_ms < 100.0
    assert found.iqr_ms < 100.0


def test_threads_are_those_asked_for_and_restored() -> None:
    before, seen = torch.get_num_threads(), set()
    measure_latency(lambda: seen.add(torch.get_num_threads()), CPU, before + 1)
    assert seen == {before + 1}
    assert torch.get_num_threads() == before


@pytest.mark.gpu
def test_on_a_gpu_it_waits_for_the_end_of_each_run() -> None:
    gpu = torch.device("cuda:0")
    matrix = torch.randn(4096, 4096, device=gpu)

    def times(number: int) -> float:
        def run() -> None:
            for _ in range(number):
                matrix @ matrix

        return measure_latency(run, gpu, 1).median_ms

    # Without waiting only the launches would be timed, a few microseconds each.
    assert times(10) == pytest.approx(10 * times(1), rel=0.3)

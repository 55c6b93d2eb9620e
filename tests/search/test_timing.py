"""The latency of architectures: under which conditions, and measured once in a study."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn
from typer.testing import CliRunner

from nasattn.cli.main import app
from nasattn.cost.latency import Latency
from nasattn.errors import StoppedError
from nasattn.placement import canonical
from nasattn.records import Trial, load_study, load_trials
from nasattn.search.ledger import watch
from nasattn.search.ledger.roster import Roster
from nasattn.search.ledger.worker import Worker
from nasattn.search.storage import default_url, open_storage
from nasattn.search.trial.timing import Conditions, time_architecture
from nasattn.search.working import trial_run
from tests.search.tiny import STUDY, fail, nasattn, trials, write_study

CPU = torch.device("cpu")
TIMED = (
    STUDY.replace("trials = 5", 'trials = 4\nrepeats = 2\nobjectives = ["accuracy", "latency_ms"]')
    .replace("epochs = 2", "epochs = 1")
    .replace("threads = 1", "threads = 1\nlatency_batch_size = 3")
)


class Spy(nn.Module):
    """Notes how it is called."""

    seen: ClassVar[list[tuple[Any, ...]]] = []

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv(x)
        state = (self.training, torch.is_inference_mode_enabled(), torch.get_num_threads())
        self.seen.append((tuple(x.shape), out.dtype, *state, x.isfinite().all().item()))
        return out.mean((2, 3))


def test_a_network_is_timed_in_evaluation_under_its_conditions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nasattn.cost.latency._SECONDS", 0.01)
    spied = canonical(f"{__name__}:Spy", {}, (2, 6, 6), [])
    Spy.seen.clear()
    before = torch.get_rng_state()
    time_architecture(spied, 4, Conditions(CPU, batch_size=5, threads=2, precision="bf16"))
    assert set(Spy.seen) == {((5, 2, 6, 6), torch.bfloat16, False, True, 2, True)}
    assert torch.equal(torch.get_rng_state(), before)


class Clock:
    """Gives every measurement another figure, and counts them."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, *_: object) -> Latency:
        self.calls += 1
        return Latency(float(self.calls), 0.25, 10)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(trial_run, "time_trial", clock)
    return clock


def run(*arguments: object, runs: Path) -> int:
    arguments = (*arguments, "--device", "cpu", "--runs-dir", runs)
    return CliRunner().invoke(app, list(map(str, arguments))).exit_code


def recorded(runs: Path) -> tuple[Trial, ...]:
    return load_trials(load_study(runs, "tiny"), curves=False)


def test_repeats_and_resumed_studies_keep_the_first_figure(tmp_path: Path, clock: Clock) -> None:
    study = write_study(tmp_path, TIMED)
    assert run("search", study, runs=tmp_path) == 0
    assert [trial.latency_ms for trial in recorded(tmp_path)] == [1.0, 1.0, 2.0, 2.0]
    assert {trial.latency_iqr_ms for trial in recorded(tmp_path)} == {0.25}
    assert run("resume", "tiny", "--trials", 6, runs=tmp_path) == 0
    assert [trial.latency_ms for trial in recorded(tmp_path)] == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
    assert clock.calls == 3


def test_a_machine_that_lost_its_power_does_not_keep_the_study(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "QUIET_SECONDS", 1.0)
    assert run("search", write_study(tmp_path, TIMED), "--trials", 2, runs=tmp_path) == 0
    url = default_url(tmp_path / "tiny")
    storage = open_storage(url, url)
    roster = Roster(storage, storage.get_study_id_from_name("tiny"), url)
    roster.sign(Worker("there-1", "another host", 1, "7"), 3)
    assert run("resume", "tiny", "--trials", 4, runs=tmp_path) == 0
    assert (clock.calls, len(recorded(tmp_path))) == (2, 4)
    assert not roster.read().signs


def test_a_trial_that_was_cut_off_is_not_measured_again(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise StoppedError("stopped")

    study = write_study(tmp_path, TIMED)
    with monkeypatch.context() as patch:
        patch.setattr(trial_run, "train_architecture", stop)
        assert run("search", study, runs=tmp_path) != 0
    (paused,) = recorded(tmp_path)
    assert (paused.state, paused.latency_ms) == ("paused", 1.0)
    assert run("resume", "tiny", runs=tmp_path) == 0
    found = recorded(tmp_path)
    assert (found[0].attempt, found[0].latency_ms, clock.calls) == (2, 1.0, 2)


def test_a_network_that_cannot_be_timed_is_a_failed_trial(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_at_the_second(*arguments: object) -> Latency:
        if clock.calls == 1:
            clock.calls += 1
            raise RuntimeError("out of memory")
        return clock(*arguments)

    monkeypatch.setattr(trial_run, "time_trial", fails_at_the_second)
    assert run("search", write_study(tmp_path, TIMED), runs=tmp_path) == 0
    failed = recorded(tmp_path)[2]
    assert (failed.state, failed.reason, failed.epochs) == ("failed", "out of memory", 0)


@pytest.mark.usefixtures("clock")
def test_latencies_of_different_hardware_are_not_compared(tmp_path: Path) -> None:
    assert run("search", write_study(tmp_path, TIMED), runs=tmp_path) == 0
    path = tmp_path / "tiny" / "study.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = ['processor = "another"' if x.startswith("processor =") else x for x in lines]
    path.write_text("\n".join(changed), encoding="utf-8")
    message = fail("resume", "tiny", "--runs-dir", tmp_path, "--trials", 6, "--device", "cpu")
    assert 'study "tiny" compares latencies' in message
    assert "processor was another, now " in message


def test_another_batch_is_another_study(tmp_path: Path, clock: Clock) -> None:
    assert run("search", write_study(tmp_path, TIMED), runs=tmp_path) == 0
    write_study(tmp_path, TIMED.replace("latency_batch_size = 3", "latency_batch_size = 4"))
    message = fail("search", tmp_path / "tiny.toml", "--runs-dir", tmp_path)
    assert "execution.latency_batch_size was 3, now 4" in message
    assert clock.calls == 2


@pytest.mark.slow
def test_a_search_against_latency_end_to_end(tmp_path: Path) -> None:
    done = nasattn("search", write_study(tmp_path, TIMED), runs=tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    assert "latency: median for a batch of 3, 1 thread, fp32" in done.stdout
    assert "latency (ms)" in done.stdout
    found = trials("tiny", tmp_path / "runs")
    assert all(trial["latency_ms"] > 0 for trial in found)
    assert found[0]["latency_ms"] == found[1]["latency_ms"]
    shown = nasattn("show", "tiny", "0", runs=tmp_path / "runs").stdout
    assert "(interquartile range)" in shown

"""What is seen of a search while it runs: lines in a log, a live view on a terminal."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from nasattn.records import Trial
from nasattn.report.live import LineObserver, LiveObserver, make_observer
from tests.studies import make_curve, make_trial

WIDTHS = [80, 160]
OBJECTIVES = ("accuracy", "flops")
PLACEMENTS = tuple(
    {"slot": "before_conv", "at": f"layer{s}.{b}.conv{c}", "module": "gct", "options": {"mode": m}}
    for s, m in ((1, "l1"), (2, "l2"), (3, "l1"))
    for b in range(3)
    for c in (1, 2)
)
REASON = "the loss was nan in epoch 3 (last finite loss 2.31 in epoch 2) " * 3
COMPLETE = make_trial(1, accuracy=0.925, placements=PLACEMENTS, params=78_500, flops=1_234_000)
FAILED = make_trial(2, state="failed", reason=REASON.strip(), accuracy=None)
PAUSED = make_trial(3, state="paused", reason="interrupted", epochs=1, finished=None)


class Clock:
    """Seconds that grow when a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def recorded(width: int, *, terminal: bool) -> Console:
    return Console(
        file=io.StringIO(),
        record=True,
        force_terminal=terminal,
        width=width,
        height=40,
        highlight=False,
        markup=False,
        emoji=False,
    )


def lines_of(console: Console) -> list[str]:
    return console.export_text(clear=False).splitlines()


def running(trial: Trial, epochs: int) -> Trial:
    """Return ``trial`` as it is after some epochs."""
    curve = make_curve(epochs)
    accuracy = curve[-1]["accuracy"] if curve else None
    changes: dict[str, Any] = {"state": "running", "finished": None, "accuracy": accuracy}
    return replace(trial, epochs=epochs, curve=curve, **changes)


def train(observer: LineObserver | LiveObserver, trial: Trial) -> None:
    """Tell ``observer`` what a search tells it of one trial."""
    observer.trial_started(running(trial, 0), 4)
    for epoch in range(1, trial.epochs + 1):
        now = running(trial, epoch)
        observer.epoch_finished(now, now.curve[-1])
    observer.trial_ended(trial)


@pytest.fixture(params=WIDTHS)
def log(request: pytest.FixtureRequest) -> Console:
    return recorded(request.param, terminal=False)


@pytest.fixture(params=WIDTHS)
def terminal(request: pytest.FixtureRequest) -> Iterator[Console]:
    """Yield a terminal; whatever was shown on it must have kept to its width."""
    console = recorded(request.param, terminal=True)
    yield console
    assert max(map(cell_len, lines_of(console)), default=0) <= request.param


class TestLineObserver:
    """A log is read by grep: each event is one line, whole at any width."""

    def test_a_new_study(self, log: Console) -> None:
        LineObserver(log).study_opened("one", OBJECTIVES, (), 20)
        assert lines_of(log) == ["study one: 20 trials, accuracy against flops"]

    def test_a_study_that_goes_on(self, log: Console) -> None:
        LineObserver(log).study_opened("one", ("accuracy",), (COMPLETE, FAILED), 20)
        assert lines_of(log) == ["study one: 2 of 20 trials done, accuracy"]

    def test_a_complete_trial(self, log: Console) -> None:
        observer = LineObserver(log)
        observer.study_opened("one", OBJECTIVES, (make_trial(0),), 20)
        train(observer, COMPLETE)
        words = "gct(l1) @ before layer{1,3}.0-2.conv1-2; gct @ before layer2.0-2.conv1-2"
        assert lines_of(log)[1:] == [
            f"trial 1 (2/20) 92.50 %, 78.50k params, 1.234M flops, 3.5s: {words}"
        ]

    def test_a_variant_has_its_name(self, log: Console) -> None:
        LineObserver(log).trial_ended(make_trial(0, variant="stock"))
        assert lines_of(log)[0].endswith(": stock: bare backbone")

    def test_a_failed_trial_counts_and_says_why(self, log: Console) -> None:
        observer = LineObserver(log)
        observer.study_opened("one", OBJECTIVES, (), 20)
        train(observer, FAILED)
        assert lines_of(log)[1:] == [f"trial 2 (1/20) failed: {FAILED.reason}"]

    def test_a_pruned_trial_counts_and_says_why(self, log: Console) -> None:
        observer = LineObserver(log)
        observer.study_opened("one", OBJECTIVES, (), 20)
        train(observer, make_trial(4, state="pruned", reason="epoch 2: too low", epochs=2))
        assert lines_of(log)[1:] == ["trial 4 (1/20) pruned after 2 epochs: epoch 2: too low"]

    def test_a_paused_trial_is_not_counted(self, log: Console) -> None:
        observer = LineObserver(log)
        observer.study_opened("one", OBJECTIVES, (), 20)
        train(observer, PAUSED)
        train(observer, COMPLETE)
        assert lines_of(log)[1] == "trial 3 paused after 1 epoch: interrupted"
        assert lines_of(log)[2].startswith("trial 1 (1/20) ")

    def test_a_trial_trained_again_is_counted_once(self, log: Console) -> None:
        observer = LineObserver(log)
        observer.study_opened("one", OBJECTIVES, (make_trial(0, state="failed"),), 2)
        train(observer, make_trial(0, attempt=2))
        assert lines_of(log)[1].startswith("trial 0 (1/2) ")

    def test_an_epoch_has_a_line_only_after_a_silence(self, log: Console) -> None:
        clock = Clock()
        observer = LineObserver(log, clock)
        observer.trial_started(running(COMPLETE, 0), 4)
        for epoch, seconds in ((1, 9.9), (2, 0.1), (3, 9.9), (4, 0.1)):
            clock.seconds += seconds
            now = running(COMPLETE, epoch)
            observer.epoch_finished(now, now.curve[-1])
        assert lines_of(log) == [
            "trial 1 epoch 2/4: accuracy 65.00 %, loss 1.000",
            "trial 1 epoch 4/4: accuracy 82.50 %, loss 0.500",
        ]

    def test_what_looks_like_markup_stays(self, log: Console) -> None:
        observer = LineObserver(log)
        observer.note("[bold]x[/bold] :smile:")
        observer.trial_ended(make_trial(4, state="failed", reason="shape [2] is not [3, 4]"))
        assert lines_of(log)[0] == "note: [bold]x[/bold] :smile:"
        assert lines_of(log)[1].endswith("failed: shape [2] is not [3, 4]")

    def test_no_escape_sequences_reach_a_file(self, log: Console) -> None:
        with LineObserver(log) as observer:
            train(observer, COMPLETE)
            observer.stopping()
        assert isinstance(log.file, io.StringIO)
        assert "\x1b" not in log.file.getvalue()


class TestLiveObserver:
    def test_nothing_is_left_to_say_before_a_trial_has_ended_here(self, terminal: Console) -> None:
        clock = Clock()
        with LiveObserver(terminal, clock) as observer:
            observer.study_opened("one", OBJECTIVES, (make_trial(0), COMPLETE), 20)
            clock.seconds += 10
            observer.trial_started(running(FAILED, 0), 4)
            observer.epoch_finished(running(FAILED, 2), make_curve(2)[-1])
        lines = lines_of(terminal)
        assert lines[0] == "study one: 2 of 20 trials done, accuracy against flops"
        assert any(re.search(r"trials .*2/20", line) for line in lines)
        assert any(re.search(r"trial 2 .*2/4 epochs  65.00 %", line) for line in lines)
        assert not any(re.search(r"about .* left", line) for line in lines)

    def test_time_left_comes_from_trials_trained_here(self, terminal: Console) -> None:
        clock = Clock()
        with LiveObserver(terminal, clock) as observer:
            observer.study_opened("one", OBJECTIVES, (make_trial(0),), 5)
            clock.seconds += 20
            train(observer, COMPLETE)
        assert any("2/5  about 1m00s left" in line for line in lines_of(terminal))

    def test_a_paused_trial_says_nothing_of_the_time_left(self, terminal: Console) -> None:
        with LiveObserver(terminal, Clock()) as observer:
            observer.study_opened("one", OBJECTIVES, (), 5)
            train(observer, PAUSED)
        lines = lines_of(terminal)
        assert "trial 3 paused after 1 epoch: interrupted" in [line.rstrip() for line in lines]
        assert any(re.search(r"trials .*0/5 *$", line) for line in lines)
        assert not any(" left" in line for line in lines)

    def test_no_time_is_left_at_the_end(self, terminal: Console) -> None:
        with LiveObserver(terminal, Clock()) as observer:
            observer.study_opened("one", OBJECTIVES, (), 1)
            train(observer, COMPLETE)
        assert any(re.search(r"trials .*1/1 *$", line) for line in lines_of(terminal))
        assert not any(" left" in line for line in lines_of(terminal))

    def test_ended_and_failed_trials_keep_a_line_each(self, terminal: Console) -> None:
        with LiveObserver(terminal) as observer:
            observer.study_opened("one", OBJECTIVES, (), 20)
            train(observer, COMPLETE)
            train(observer, FAILED)
        lines = lines_of(terminal)
        assert any(line.startswith("trial 1 (1/20) 92.50 %, 78.50k params") for line in lines)
        (failed,) = [line for line in lines if line.startswith("trial 2 (2/20) failed: the loss")]
        assert failed.endswith("…")

    def test_a_note_is_folded_not_cut(self, terminal: Console) -> None:
        text = " ".join(f"word{number}" for number in range(60))
        with LiveObserver(terminal) as observer:
            observer.note(text)
        assert " ".join(" ".join(lines_of(terminal)).split()) == f"note: {text}"

    def test_the_front_shows_its_most_accurate_members(self, terminal: Console) -> None:
        ended = [make_trial(n, accuracy=0.5 + n / 100, flops=1000 + n) for n in range(11)]
        with LiveObserver(terminal) as observer:
            observer.study_opened("one", OBJECTIVES, tuple(ended[:-1]), 20)
            observer.trial_ended(ended[-1])
        lines = lines_of(terminal)
        last = len(lines) - 1 - [line.strip() for line in lines[::-1]].index("front so far")
        rows = lines[last + 1 :]
        assert [int(row.split()[0]) for row in rows[:8]] == list(range(10, 2, -1))
        assert rows[8].strip() == "and 3 more"

    def test_the_baseline_is_marked(self, terminal: Console) -> None:
        with LiveObserver(terminal) as observer:
            observer.study_opened("one", OBJECTIVES, (), 20)
            observer.trial_ended(make_trial(0, flops=10))
            observer.trial_ended(make_trial(1, accuracy=0.99))
        marked = {
            line.split()[0] for line in lines_of(terminal) if line.rstrip().endswith("baseline")
        }
        assert marked == {"0"}

    def test_the_cursor_comes_back_after_an_error(self, terminal: Console) -> None:
        def broken() -> None:
            with LiveObserver(terminal) as observer:
                train(observer, COMPLETE)
                raise ValueError("broken")

        with pytest.raises(ValueError, match="broken"):
            broken()
        assert isinstance(terminal.file, io.StringIO)
        shown = terminal.file.getvalue()
        assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


def test_a_log_gets_lines(capsys: pytest.CaptureFixture[str]) -> None:
    observer = make_observer()
    assert isinstance(observer, LineObserver)
    observer.stopping()
    assert capsys.readouterr() == ("", "stopping\n")

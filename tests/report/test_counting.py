"""What is seen of work in many pieces: little in a log, a bar on a terminal."""

from collections.abc import Iterator

import pytest

from nasattn.report.counting import counting, logged, shown
from tests.report.test_live import Clock, lines_of, recorded


def work(pieces: int, seconds: float, clock: Clock) -> Iterator[int]:
    for piece in range(pieces):
        clock.seconds += seconds
        yield piece


def test_a_log_has_a_line_each_ten_seconds() -> None:
    clock, log = Clock(), recorded(80, terminal=False)
    pieces = logged(work(12, 4, clock), 12, "replay", log, clock)
    assert list(pieces) == list(range(12))
    assert lines_of(log) == [
        "3 of 12 replays, about 36.0s left",
        "6 of 12 replays, about 24.0s left",
        "9 of 12 replays, about 12.0s left",
    ]


def test_quick_work_says_nothing_in_a_log() -> None:
    clock, log = Clock(), recorded(80, terminal=False)
    assert len(list(logged(work(100, 0.09, clock), 100, "replay", log, clock))) == 100
    assert lines_of(log) == []


@pytest.mark.parametrize("width", [40, 120])
def test_a_terminal_shows_how_far_it_is(width: int) -> None:
    clock, screen = Clock(), recorded(width, terminal=True)
    for _ in shown(work(3, 60, clock), 3, "replay", screen, clock):
        pass
    seen = "".join(lines_of(screen))
    assert "replays" in seen
    assert "3/3" in seen


def test_pieces_are_the_same_whoever_looks(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(counting(iter("abc"), 3, "replay")) == ["a", "b", "c"]
    assert capsys.readouterr().out == ""

"""A study watched from another terminal: every change is seen, at any width, to its end."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from nasattn.errors import FailedError
from nasattn.records import Study, Trial, load_study
from nasattn.report.units import duration
from nasattn.report.watch import LineView, LiveView, _study_left, change_json, change_words, watch
from tests.studies import make_curve, make_trial, write_settings

GATES = tuple(
    {"slot": "before_conv", "at": f"layer{s}.0.conv1", "module": "gct", "options": {"mode": "l1"}}
    for s in (1, 2, 3)
)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    write_settings(tmp_path, "one", trials=3)
    return load_study(tmp_path, "one")


def running(number: int, epochs: int, **changes: Any) -> Trial:
    curve = make_curve(epochs)
    accuracy = curve[-1]["accuracy"] if curve else None
    values = {"state": "running", "accuracy": accuracy, "epochs": epochs, "curve": curve}
    return make_trial(number, **(values | {"placements": GATES} | changes))


STEPS: list[tuple[Trial, ...]] = [
    (make_trial(0), running(1, 1)),
    (make_trial(0), running(1, 2)),
    (make_trial(0), running(1, 2)),
    (make_trial(0), make_trial(1), running(2, 0)),
    (make_trial(0), make_trial(1, state="pruned", reason="61 % at epoch 2"), running(2, 0)),
    (make_trial(0), make_trial(1, state="pruned", reason="61 % at epoch 2"), make_trial(2)),
    (make_trial(0),),
]


def reader(study: Study, steps: list[tuple[Trial, ...]]) -> Iterator[tuple[Study, Any]]:
    return iter((study, step) for step in steps)


def test_each_change_is_one_line_and_it_ends_with_the_study(study: Study) -> None:
    lines: list[str] = []
    steps, waits = reader(study, STEPS), []
    watch(lambda: next(steps), LineView(lines.append, change_words), lambda: waits.append(1))
    assert len(waits) == 5
    assert [line.split(":")[0] for line in lines] == [
        "trial 1 epoch 1/4",
        "trial 1 epoch 2/4",
        "trial 1 complete",
        "trial 2 epoch 0/4",
        "trial 1 pruned (61 % at epoch 2)",
        "trial 2 complete",
    ]
    assert lines[1] == "trial 1 epoch 2/4: 65.00 %, 3.5s left"
    assert lines[3] == "trial 2 epoch 0/4: gct(l1) @ before layer1-3.0.conv1"


def test_the_first_line_says_how_far_the_study_is(study: Study) -> None:
    lines: list[str] = []
    steps = reader(study, STEPS[-2:-1])
    watch(lambda: next(steps), LineView(lines.append, change_words, lambda s, t: s.name), print)
    assert lines == ["one"]


def test_with_json_each_change_is_an_object(study: Study) -> None:
    lines: list[str] = []
    steps = reader(study, STEPS)
    watch(lambda: next(steps), LineView(lines.append, change_json), lambda: None)
    found = [json.loads(line) for line in lines]
    assert [(f["study"], f["trial"], f["state"]) for f in found][:3] == [
        ("one", 1, "running"),
        ("one", 1, "running"),
        ("one", 1, "complete"),
    ]


def test_a_trial_that_runs_again_keeps_the_view_open(study: Study) -> None:
    done = tuple(make_trial(number) for number in range(3))
    steps = reader(study, [(*done[:2], running(2, 1, attempt=2)), done])
    watch(lambda: next(steps), LineView(lambda line: None, change_words), lambda: None)
    assert next(steps, None) is None


def test_a_busy_storage_is_read_again(study: Study) -> None:
    answers: list[Any] = [FailedError("busy"), (study, tuple(make_trial(n) for n in range(3)))]

    def read() -> tuple[Study, tuple[Trial, ...]]:
        answer = answers.pop(0)
        if isinstance(answer, FailedError):
            raise answer
        found: tuple[Study, tuple[Trial, ...]] = answer
        return found

    watch(read, LineView(lambda line: None, change_words), lambda: None)
    assert not answers


def test_the_study_takes_no_less_time_than_a_trial_that_runs(study: Study) -> None:
    pruned = replace(make_trial(0), state="pruned", seconds=0.01, epochs=1)
    slow = replace(running(1, 1), seconds=100.0)
    assert _study_left(study, (pruned, slow)) == f"about {duration(300.0)} left"


@pytest.mark.parametrize("width", [80, 160])
def test_the_view_has_all_and_keeps_to_the_terminal(study: Study, width: int) -> None:
    console = Console(
        file=io.StringIO(), record=True, force_terminal=True, width=width, height=40,
        highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    extended = running(2, 4, extended_to=60, attempt=2)
    with LiveView(console) as view:
        view.show(study, (make_trial(0), running(1, 3), replace(extended, device="cuda:1")))
        lines = console.export_text().splitlines()
    assert max(map(cell_len, lines)) <= width
    text = "\n".join(lines)
    for word in ("1 of 3 trials done", "trial 1", "3/4", "▁▆█", "76.67 %", "1.2s left", "4/60"):
        assert word in text
    assert "front so far, hypervolume 0." in text
    assert "90.00 %" in text
    assert ("gct(l1) @ before layer1-3.0.conv1  cuda:1" in text) == (width == 160)

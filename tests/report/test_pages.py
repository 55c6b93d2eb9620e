import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nasattn.analysis import baseline, front
from nasattn.analysis.growth import growth
from nasattn.analysis.limits import read_limits
from nasattn.analysis.steadiness import steadiness
from nasattn.records import Study, Trial, load_study
from nasattn.report.front_view import View
from nasattn.report.ink import plain
from nasattn.report.overview import overviews, studies_page
from nasattn.report.pareto_page import pareto_page
from nasattn.report.show_page import show_page
from nasattn.report.trials_page import trials_page
from tests.outlines import make_outline, placed
from tests.studies import make_curve, make_study, make_trial, write_settings

WIDTHS = [80, 160, None]
ECA = [
    {"slot": "block_end", "at": f"layer{n}.0", "module": "eca", "options": {"kernel_size": 3}}
    for n in (1, 2, 3)
]
GCT = [
    {"slot": "before_conv", "at": f"layer{s}.0.conv{c}", "module": "gct", "options": {"mode": "l1"}}
    for s in (1, 3)
    for c in (1, 2)
]


def some_trials() -> list[Trial]:
    """Twenty trials of a study at work: one failed, one running, one not begun."""
    found = [
        make_trial(n, placements=tuple((ECA[: n % 4] + GCT[: n % 5]) if n else ()))
        for n in range(18)
    ]
    nothing: dict[str, Any] = {"accuracy": None, "best_accuracy": None, "finished": None}
    reason = "the loss was nan in epoch 3 (last finite loss 2.31 in epoch 2)"
    found.append(make_trial(18, state="failed", reason=reason, **nothing))
    found.append(make_trial(19, state="running", epochs=0, **nothing))
    return found


def study_with(tmp_path: Path, **settings: Any) -> Study:
    write_settings(tmp_path, "one", **settings)
    return load_study(tmp_path, "one")


def pareto_lines(study: Study, trials: list[Trial], width: int | None) -> list[str]:
    best = front(trials, study.objectives, study.cost_range)
    return [plain(line) for line in pareto_page(study, trials, best, width)]


def check_lines(lines: list[str], width: int | None) -> None:
    assert all(line == line.rstrip() and "\n" not in line for line in lines)
    assert width is None or all(len(line) <= width for line in lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pareto_page(tmp_path: Path, width: int | None) -> None:
    study, trials = study_with(tmp_path), some_trials()
    lines = pareto_lines(study, trials, width)
    check_lines(lines, width)
    text = " ".join(" ".join(lines).split())
    assert lines[0] == "one  accuracy ↑, flops ↓"
    assert "19 of 20 trials done: 18 complete, 1 failed; 1 running" in text
    for member in front(trials, study.objectives).members:
        (row,) = [line for line in lines if re.match(rf"[●◆▲].* {member.trial.trial}  ", line)]
        assert f"{100 * (member.trial.accuracy or 0):.2f}" in row
    assert "▲ baseline" in text
    assert "accuracy (%)" in text
    assert "flops (" in text
    for condition in (
        "digits: 1,294 training images, accuracy on 144 validation images",
        "4 epochs",
        "1 seed per architecture",
        "cpu, an ordinary processor",
        "torch 2.14.1",
        "against accuracy 0, flops 1.05",
    ):
        assert condition in text


def test_a_dominated_baseline_keeps_its_row_and_says_by_what(tmp_path: Path) -> None:
    trials = [make_trial(0, flops=900_000), make_trial(1, accuracy=0.95, flops=850_000)]
    lines = pareto_lines(study_with(tmp_path), trials, None)
    (row,) = [line for line in lines if line.startswith("▲ baseline")]
    assert row.endswith("bare backbone (dominated by trial 1)")
    (row,) = [line for line in lines if line.startswith("● ")]
    assert "+5.00" in row
    assert "-5.56" in row


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_a_view(tmp_path: Path, width: int | None) -> None:
    found = some_trials()
    again = [replace(t, trial=20 + t.trial, repeat=1, accuracy=0.93) for t in found[:17]]
    study, trials = study_with(tmp_path), [*found, *again]
    limits = read_limits({"params": "1.02x"}, "85%", trials)
    best = front(trials, study.objectives, study.cost_range, limits.keeps)
    view = View("params", limits, steadiness(best, trials), growth(trials, best))
    lines = [plain(line) for line in pareto_page(study, trials, best, width, view)]
    check_lines(lines, width)
    text = " ".join(" ".join(lines).split())
    assert f"only params ≤ 78.54k, accuracy ≥ 85.00 %: {len(best.results)} architectures" in text
    assert "stays %" in text
    assert f"{len(best.results)} of {len(best.results)} architectures have several seeds" in text
    assert "params (k)" in text
    assert text.count("hypervolume │") + text.count("hypervolume 0") >= 1
    assert "trials ended" in text


def test_a_front_that_limits_leave_empty_says_so(tmp_path: Path) -> None:
    study, trials = study_with(tmp_path), some_trials()
    limits = read_limits({}, "99.9%", trials)
    best = front(trials, study.objectives, study.cost_range, limits.keeps)
    lines = pareto_page(study, trials, best, 80, View(limits=limits))
    assert lines[-1] == "no front: no complete architecture keeps to these limits"


def test_without_a_baseline_the_page_says_why(tmp_path: Path) -> None:
    trials = [make_trial(0, state="failed", reason="out of memory"), make_trial(1)]
    lines = pareto_lines(study_with(tmp_path), trials, 80)
    assert "no baseline yet: trial 0: failed (out of memory)" in lines
    assert not any("▲" in line for line in lines)
    assert "no baseline yet: there is no trial 0" in pareto_lines(
        load_study(tmp_path, "one"), [make_trial(1)], 80
    )


@pytest.mark.parametrize("trials", [[], [make_trial(0, state="running", accuracy=None)]])
def test_without_a_complete_trial_there_is_no_front_yet(
    tmp_path: Path, trials: list[Trial]
) -> None:
    lines = pareto_lines(study_with(tmp_path), trials, 80)
    assert lines[-1] == "no front yet: it needs a complete trial"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "objectives",
    [["accuracy"], ["accuracy", "latency_ms"], ["accuracy", "params", "flops"], ["flops"]],
)
def test_other_objectives(tmp_path: Path, width: int | None, objectives: list[str]) -> None:
    trials = [replace(trial, latency_ms=1.5 + trial.trial / 7) for trial in some_trials()]
    lines = pareto_lines(study_with(tmp_path, objectives=objectives), trials, width)
    check_lines(lines, width)
    assert any(line.startswith("accuracy (%)") for line in lines)


def test_repeats_have_mean_spread_and_numbers(tmp_path: Path) -> None:
    study = study_with(tmp_path, repeats=3, evaluate="test")
    same = [make_trial(n, digest="d" * 12, accuracy=a) for n, a in enumerate((0.90, 0.91, 0.92))]
    text = "\n".join(pareto_lines(study, same, None))
    assert "91.00 ± 1.00" in text
    assert "(mean ± SD of 3: trials 0, 1, 2)" in text
    assert "3 seeds per architecture" in text
    assert "accuracy on 359 test images" in text


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("latency", [None, 1.5])
def test_on_test_images_the_last_and_the_best_epoch_are_told_apart(
    tmp_path: Path, width: int | None, latency: float | None
) -> None:
    study = study_with(tmp_path, evaluate="test")
    found = [
        make_trial(n, digest="d" * 12, accuracy=0.90, best_accuracy=best, latency_ms=latency)
        for n, best in enumerate((0.91, 0.93))
    ]
    lines = pareto_lines(study, found, width)
    check_lines(lines, width)
    head = next(line for line in lines if "accuracy %" in line).split()
    (row,) = (line for line in lines if line.startswith("▲ baseline"))
    assert head[head.index("Δ") + 2 :][:2] == ["best", "%"]
    assert "90.00 ± 0.00" in row
    assert "92.00" in row
    assert ("1.5" in row.split()) is (latency is not None)
    text = " ".join(" ".join(lines).split())
    assert "of the last epoch; best: of the epoch that was best on these same test images" in text
    # A validation split is for choosing: no best epoch beside it.
    other = pareto_lines(study_with(tmp_path / "other"), found, width)
    assert not any("best" in line for line in other)


@pytest.mark.parametrize("width", WIDTHS)
def test_throughput_has_its_conditions(tmp_path: Path, width: int | None) -> None:
    execution = {"threads": 2}
    study = study_with(tmp_path, execution=execution, data={"name": "npz", "in_memory": False})
    curve = make_curve(3)
    speeds = [
        {**e, "eval_batch_size": 256, "eval_images_per_second": 10.0 ** e["epoch"]} for e in curve
    ]
    trial = make_trial(1).with_curve(speeds)
    assert trial.eval_images_per_second == 100.0
    lines = [plain(line) for line in show_page(study, trial, None, width)]
    check_lines(lines, width)
    text = " ".join(" ".join(lines).split())
    said = "100 images/s (median of 3 epochs, batch 256, cpu, 2 threads, streamed)"
    assert said in text
    elsewhere = replace(trial, device="a card", epochs=1, curve=trial.curve[:1])
    text = " ".join("\n".join(show_page(study, elsewhere, None, None)).split())
    assert "(median of 1 epoch, batch 256, a card, streamed)" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_the_trials_page_has_a_row_for_each(tmp_path: Path, width: int | None) -> None:
    lines = [plain(line) for line in trials_page(study_with(tmp_path), some_trials(), width)]
    check_lines(lines, width)
    rows = [line for line in lines if re.match(r" *\d+  [a-z]+ ", line)]
    assert [int(row.split()[0]) for row in rows] == list(range(20))
    text = " ".join(" ".join(lines).split())
    assert "the loss was nan in epoch 3 (last finite loss 2.31 in epoch 2)" in text
    assert "eca(k=3) @ layer1-2.0" in text
    assert "best %" in text


def test_a_study_without_trials_says_so(tmp_path: Path) -> None:
    lines = trials_page(study_with(tmp_path), [], 80)
    assert lines[-1] == "no trials yet"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("number", [0, 17, 18, 19])
def test_the_page_of_a_trial_has_all_of_it(tmp_path: Path, width: int | None, number: int) -> None:
    trials = some_trials()
    trial = replace(trials[number], curve=make_curve(trials[number].epochs))
    lines = [plain(x) for x in show_page(study_with(tmp_path), trial, baseline(trials), width)]
    check_lines(lines, width)
    text = " ".join(" ".join(lines).split())
    assert lines[0] == f"one, trial {number}: {trial.state}"
    assert f"{trial.params:,}" in text
    assert f"{trial.flops:,}" in text
    assert trial.digest in text
    for placement in trial.placements:
        assert re.search(f"{placement['at']} +{placement['slot']} +{placement['module']}", text)
    assert ("no epoch is finished yet" in text) is (not trial.curve)
    assert ("● validation accuracy" in text) is bool(trial.curve)
    assert ("○ training loss ● validation loss" in text) is bool(trial.curve)


def test_the_network_is_drawn_where_its_sites_are_recorded(tmp_path: Path) -> None:
    study, trial = study_with(tmp_path), make_trial(3, placements=placed(2))
    text = "\n".join(plain(line) for line in show_page(study, trial, None, 80, make_outline()))
    assert "stage 2  32 channels, 16×16\n  │ layer2.0  [gct] · conv1\n" in text
    old = " ".join(" ".join(map(plain, show_page(study, trial, None, 80))).split())
    assert "recorded no stages; `nasattn resume one` records them" in old


def test_a_curve_with_gaps_is_drawn_without_them(tmp_path: Path) -> None:
    curve = ({"epoch": 1, "accuracy": None, "loss": None}, {"epoch": 2, "accuracy": 0.5})
    trial = make_trial(3, curve=curve)
    text = "\n".join(show_page(study_with(tmp_path), trial, None, 80))
    assert "training accuracy" not in text
    assert text.count("●") == 2


@pytest.mark.parametrize("width", WIDTHS)
def test_a_broken_study_does_not_hide_the_others(tmp_path: Path, width: int | None) -> None:
    make_study(tmp_path, "good", some_trials())
    write_settings(tmp_path, "no-database")
    (write_settings(tmp_path, "broken") / "study.toml").write_text("= 1")
    lines = [plain(x) for x in studies_page(tmp_path, overviews(tmp_path), width)]
    text = " ".join(" ".join(lines).split())
    assert re.search(r"good +accuracy, flops +19/20 +1 +1 +\d\d\.\d\d +90\.00", text)
    assert "resnet8 on digits, 4 epochs" in text
    assert "not TOML" in text
    assert "no such file: the study's trials should be there" in text


def test_a_folder_without_studies_says_so(tmp_path: Path) -> None:
    (line,) = studies_page(tmp_path, overviews(tmp_path), 80)
    assert line == f"no studies in {tmp_path}: `nasattn search` makes one"

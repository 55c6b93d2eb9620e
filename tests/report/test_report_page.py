"""``nasattn report``: one file that needs no network, and takes no markup from its study."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from nasattn.analysis import front
from nasattn.analysis.variants import compare_variants, variants_of
from nasattn.errors import UserError
from nasattn.records import Study, Trial, load_study
from nasattn.records.kin import kin_of
from nasattn.report.checklist import check_checklist, checklist, write_checklist
from nasattn.report.gallery import make_gallery
from nasattn.report.html import Report, write_report
from nasattn.report.variants_page import accuracy_table, cost_table
from tests.studies import make_curve, make_study, make_trial, write_settings

EVIL = """</script><img src=x onerror="alert('x')"> & "quoted" 'too'"""
ECA = {"slot": "block_end", "at": "layer1.0", "module": "eca", "options": {"kernel_size": 3}}


class Parts(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


class Picture:
    """A picture with a class whose name is markup."""

    png, truth, predicted, probability, is_right = b"png", EVIL, EVIL, 0.5, False


def some_trials(**changes: Any) -> list[Trial]:
    changes = {"curve": make_curve(4)} | changes
    placed = [make_trial(n, placements=(ECA,) if n else (), **changes) for n in range(6)]
    return [*placed, make_trial(6, state="pruned", reason=EVIL, curve=make_curve(2), epochs=2)]


def study_with(tmp_path: Path, **settings: Any) -> Study:
    write_settings(tmp_path, "one", **settings)
    return load_study(tmp_path, "one")


def report_of(study: Study, trials: list[Trial], **more: Any) -> Report:
    found = front(trials, study.objectives, study.cost_range)
    return Report(study, trials, found, trials, **more)


def written(report: Report, tmp_path: Path) -> str:
    size = write_report(report, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert size == len(page.encode())
    return page


def without_library(page: str) -> str:
    """Return the page without the longest script."""
    longest = max(re.findall(r"<script>.*?</script>", page, flags=re.DOTALL), key=len)
    assert len(longest) > 1_000_000
    return page.replace(longest, "")


def charts(page: str) -> list[Any]:
    found = re.findall(r'<script class="chart-data".*?>(.*?)</script>', page, flags=re.DOTALL)
    return list(map(json.loads, found))


def test_the_page_is_one_file_below_six_megabytes(tmp_path: Path) -> None:
    page = written(report_of(study_with(tmp_path), some_trials()), tmp_path)
    assert len(page.encode()) < 6_000_000
    rest = without_library(page)
    parts = Parts(rest)
    loaded = [value for name, value in parts.attributes if name in ("src", "href")]
    assert loaded
    assert all(value.startswith(("#", "data:")) for value in loaded)
    assert "default-src 'none'" in rest


def test_the_front_is_drawn_and_listed_with_its_numbers(tmp_path: Path) -> None:
    report = report_of(study_with(tmp_path), some_trials())
    page = written(report, tmp_path)
    drawn, curves = charts(page)
    by_name = {series["name"]: series for series in drawn["data"]}
    members = report.front.members
    assert by_name["front"]["x"] == [member.trial.flops for member in members]
    assert by_name["front"]["y"] == [100 * (m.trial.accuracy or 0) for m in members]
    everyone = sum(len(series["x"]) for series in by_name.values())
    assert everyone >= len(report.front.results)
    assert sorted(len(line["x"]) for line in curves["data"]) == [2, *[4] * 6]
    text = " ".join(Parts(without_library(page)).texts)
    for trial in report.trials[:6]:
        assert f"{100 * (trial.accuracy or 0):.2f}" in text


def test_three_objectives_have_a_chart_each(tmp_path: Path) -> None:
    study = study_with(tmp_path, objectives=["accuracy", "params", "latency_ms"])
    trials = some_trials(latency_ms=2.5, latency_iqr_ms=0.1)
    page = written(report_of(study, trials), tmp_path)
    axes = [chart["layout"]["xaxis"]["title"]["text"] for chart in charts(page)]
    assert axes == ["params", "latency_ms", "epoch"]


def test_what_comes_from_files_is_no_markup(tmp_path: Path) -> None:
    study = study_with(tmp_path, data={"name": EVIL}, weights={"path": EVIL})
    evil = {"slot": "block_end", "at": EVIL, "module": EVIL, "options": {"kernel_size": 3}}
    trials = [*some_trials(), make_trial(7, placements=(evil,), accuracy=0.99, device=EVIL)]
    gallery = make_gallery(study, trials[7], ("validation", 4, 0.5), [Picture()])
    page = without_library(written(report_of(study, trials, gallery=gallery), tmp_path))
    parts = Parts(page)
    assert "onerror" not in dict(parts.attributes)
    assert [value for name, value in parts.attributes if name == "src"] == [
        "data:image/png;base64,cG5n"
    ]
    assert parts.tags.count("script") == 4  # two charts, sorting, drawing
    assert EVIL in " ".join(parts.texts)
    for chart in charts(page):
        assert "<img" not in json.dumps(chart)


def test_variants_are_compared_as_on_the_terminal(tmp_path: Path) -> None:
    trials = [
        make_trial(3 * n + repeat, digest=f"{n:012x}", repeat=repeat, variant=("bare", "mine")[n])
        for n in range(2)
        for repeat in range(3)
    ]
    found = compare_variants(variants_of(trials), against="bare", margin=0.002)
    report = report_of(study_with(tmp_path), trials, comparison=found)
    text = " ".join(Parts(without_library(written(report, tmp_path))).texts)
    for row in (*accuracy_table(found).rows, *cost_table(found).rows):
        assert all(cell in text for cell in row.cells)
    assert "Holm-adjusted" in text


def test_a_study_without_a_result_has_a_report_too(tmp_path: Path) -> None:
    page = written(report_of(study_with(tmp_path), []), tmp_path)
    assert "No trial is complete yet" in page
    assert charts(page) == []


def test_good_practice_follows_from_the_study(tmp_path: Path) -> None:
    def answers(trials: list[Trial], name: str, **settings: Any) -> dict[str, str]:
        study = study_with(tmp_path / name, **settings)
        found = front(trials, study.objectives, study.cost_range)
        items = list(checklist(study, trials, found, kin_of(study)))
        assert {item.answer for item in items} <= {"yes", "partly", "no", "unknown"}
        return {item.question: item.answer for item in items}

    seeds = "What is reported was trained with several seeds"
    tested = "Test images played no part in the search"
    compared = "Compared with random search in the same space"
    same = "Hardware and versions are the same for all trials"
    one = answers(some_trials(), "a")
    assert (one[seeds], one[tested], one[compared], one[same]) == ("no", "yes", "no", "yes")
    repeated = [
        make_trial(5 * n + repeat, digest=f"{n:012x}", repeat=repeat, device=f"gpu {repeat}")
        for n in range(3)
        for repeat in range(5)
    ]
    other = answers(repeated, "b", evaluate="test", search={"sampler": "random"})
    assert (other[seeds], other[tested], other[compared], other[same]) == (
        *("yes", "no", "yes"),
        "partly",
    )


def test_good_practice_looks_at_what_stands_beside_the_study(tmp_path: Path) -> None:
    questions = (
        "Ablations of what is found",
        "Compared with random search in the same space",
        "Several runs of the search, with their seeds",
        "What is reported was trained with several seeds",
        "Code that trains and evaluates the architectures",
    )

    def answers() -> list[str]:
        study, trials = load_study(tmp_path, "one"), some_trials()
        found = checklist(study, trials, front(trials, study.objectives), kin_of(study))
        by_question = {item.question: item.answer for item in found}
        return [by_question[question] for question in questions]

    make_study(tmp_path, "one", some_trials())
    make_study(tmp_path, "other-data", some_trials(), data={"name": "fake"}, seed=1)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "study.toml").write_text("{")
    away = make_study(tmp_path, "away", some_trials(), search={"sampler": "random"})
    settings = away / "study.toml"
    server = "postgresql://127.0.0.1:1/studies"
    settings.write_text(f'storage = "{server}"\n{settings.read_text()}')
    assert answers() == ["no", "no", "no", "no", "yes"]
    make_study(tmp_path, "random", some_trials(), search={"sampler": "random"})
    make_study(tmp_path, "again", some_trials(), seed=7)
    assert answers() == ["no", "yes", "partly", "no", "yes"]
    seeds = [make_trial(n, digest="a" * 12, repeat=n) for n in range(6)]
    origin = {"study": "one", "asks": "leave-one-out"}
    make_study(tmp_path, "one-leave-one-out", seeds, origin=origin, variant=[{"name": "full"}])
    assert answers() == ["yes", "yes", "partly", "yes", "yes"]
    file = tmp_path / "one" / "study.toml"
    file.write_text(file.read_text().replace('"resnet8"', '"mine:net"'))
    assert answers()[-1] == "unknown"


def test_the_checklist_is_written_as_its_name_says(tmp_path: Path) -> None:
    study, trials = study_with(tmp_path), some_trials()
    items = list(checklist(study, trials, front(trials, study.objectives), kin_of(study)))
    for name, head in (("c.md", "| part | question |"), ("c.tex", "part & question &")):
        said = write_checklist(study, items, tmp_path / name)
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert head in text
        assert text.count("epochs") >= 1
        assert sum(int(part.split()[0]) for part in said.split(", ")) == len(items)
    with pytest.raises(UserError, match=r"--checklist c.csv: the name must end in .md or .tex"):
        check_checklist(Path("c.csv"))


def test_without_plotly_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(UserError, match=r"pip install 'nasattn\[report\]'"):
        write_report(report_of(study_with(tmp_path), some_trials()), tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()

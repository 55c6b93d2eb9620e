"""Figures in files: what the page draws is in them, as text that can be read, equal every time."""

import json
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from typer.testing import CliRunner

from nasattn.analysis import front
from nasattn.analysis.growth import growth
from nasattn.analysis.variants import compare_variants, variants_of
from nasattn.cli.main import app
from nasattn.errors import UserError
from nasattn.records import Study, Trial, load_study
from nasattn.records.outline import OUTLINE_FILE, KeptSite
from nasattn.report.compare_page import Side
from nasattn.report.curve_picture import draw_comparison
from nasattn.report.front_picture import draw_front
from nasattn.report.front_view import PLAIN
from nasattn.report.interval_picture import draw_ablation, draw_effects
from nasattn.report.network_drawing import draw_network
from nasattn.report.picture import OPTION
from nasattn.report.weighing import weigh
from tests.outlines import make_outline, placed
from tests.studies import make_curve, make_study, make_trial, write_settings


def texts(file: Path) -> list[str]:
    found = ElementTree.fromstring(file.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    return ["".join(node.itertext()).strip() for node in found.iter() if node.tag.endswith("}text")]


def a_study(folder: Path, trials: list[Trial] | None = None) -> tuple[Study, list[Trial]]:
    write_settings(folder, "one")
    return load_study(folder, "one"), trials or [make_trial(n) for n in range(12)]


def test_a_front_has_its_members_axes_and_conditions(tmp_path: Path) -> None:
    study, trials = a_study(tmp_path)
    found = front(trials, study.objectives, study.cost_range)
    view = PLAIN._replace(growth=growth(trials, found))
    for name in ("a.svg", "b.svg"):
        draw_front(study, trials, found, view, tmp_path / name)
    said = texts(tmp_path / "a.svg")
    assert {str(member.trial.trial) for member in found.members} <= set(said)
    assert {"accuracy (%)", "flops (M)", "hypervolume", "front", "baseline"} <= set(said)
    assert "1,294 training images" in " ".join(said)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    with pytest.raises(UserError, match=r"--figure x\.svg: no trial of one is complete yet"):
        draw_front(study, [], front([], study.objectives), PLAIN, Path("x.svg"))


def test_every_option_has_its_row_and_what_is_not_told_says_so(tmp_path: Path) -> None:
    found = [make_trial(0, accuracy=0.8)]
    for number in range(1, 17):
        stages = [stage for stage in (1, 2) if number >> (stage - 1) & 1]
        accuracy = 0.8 + 0.05 * (1 in stages) + 0.001 * (number % 5)
        found.append(make_trial(number, placements=placed(*stages), accuracy=accuracy))
    folder = make_study(tmp_path, "one", found)
    (folder / OUTLINE_FILE).write_text(json.dumps(asdict(make_outline())))
    weighed = weigh(load_study(tmp_path, "one"), found)
    draw_effects(weighed, tmp_path / "effects.svg")
    said = texts(tmp_path / "effects.svg")
    for effect in weighed.effects.effects:
        assert f"{effect.decision} = {effect.option} ({effect.with_it})" in said
    untold = [e for one in (weighed.effects, weighed.by_choice) if one for e in one.effects]
    assert said.count("not told") == sum(not e.interval for e in untold) > 0


def test_every_variant_but_the_reference_is_in_the_ablations_figure(tmp_path: Path) -> None:
    trials = [
        make_trial(3 * seed + n, digest=f"{n:012x}", repeat=seed, variant=f"v_{n} & <more>")
        for seed in range(4)
        for n in range(3)
    ]
    study, _ = a_study(tmp_path, trials)
    found = compare_variants(variants_of(trials), against="v_0 & <more>", margin=0.002)
    draw_ablation(study, trials, found, tmp_path / "a.svg")
    said = texts(tmp_path / "a.svg")
    assert [text for text in said if text.endswith("(n = 4)")] == [
        "v_1 & <more> (n = 4)",
        "v_2 & <more> (n = 4)",
    ]
    alone = compare_variants(variants_of(trials[:1]), against=None, margin=0.002)
    with pytest.raises(UserError, match="no two variants"):
        draw_ablation(study, trials, alone, Path("x.svg"))


def test_a_network_has_each_call_and_each_module_in_its_place(tmp_path: Path) -> None:
    sites = make_outline().sites
    assert isinstance(sites[0], KeptSite)
    document = {
        "backbone": "resnet8",
        "backbone_args": {},
        "input_shape": [1, 8, 8],
        "digest": "0123456789ab",
        "sites": [asdict(site) for site in sites],
        "placements": list(placed(1, 3)),
    }
    draw_network(document, tmp_path / "net.svg")
    said = texts(tmp_path / "net.svg")
    assert said.count("gct") == len(document["placements"])
    assert sum(text.startswith("stage ") for text in said) == len({site.stage for site in sites})
    draw_network(document, tmp_path / "net.png")
    with Image.open(tmp_path / "net.png") as picture:
        assert picture.width == 1400


def test_a_comparison_has_both_curves(tmp_path: Path) -> None:
    study, trials = a_study(tmp_path, [make_trial(n, curve=make_curve(3 * n)) for n in range(3)])
    side = {n: Side(study, trials[n], trials, None) for n in range(3)}
    draw_comparison((side[1], side[2]), tmp_path / "c.svg")
    assert {"trial 1", "trial 2", "validation accuracy (%)"} <= set(texts(tmp_path / "c.svg"))
    with pytest.raises(UserError, match="no epoch of either"):
        draw_comparison((side[0], side[0]), Path("x.svg"))


@pytest.mark.parametrize(
    "words", [["pareto", "x"], ["importance", "x"], ["show", "x"], ["ablate", "x"], ["replay", "x"]]
)
def test_a_file_of_another_kind_is_refused_before_anything_is_done(words: list[str]) -> None:
    error = CliRunner().invoke(app, [*words, OPTION, "x.pdf"]).exception
    assert str(error) == f"{OPTION} x.pdf: the name must end in .png or .svg"

"""``nasattn ablate`` and ``nasattn retrain``: a second look at what a search found."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from nasattn.cli.main import app
from nasattn.records import Trial
from nasattn.search.variation.fresh import fresh_seed
from nasattn.training import seed_of
from tests.search.tiny import SPACE, STUDY, fail, nasattn, numbers, trials, write_study
from tests.studies import make_study, make_trial

ARCHITECTURE = """{"backbone": "resnet8", "backbone_args": {"width": 4}, "input_shape": [1, 8, 8],
  "placements": [
    {"slot": "block_end", "at": "layer2.0.add", "module": "se", "options": {"ratio": 4}},
    {"slot": "activation", "at": "layer1.0.relu", "module": "atac", "options": {"ratio": 2}},
    {"slot": "activation", "at": "layer1.0.relu_1", "module": "atac", "options": {"ratio": 2}},
    {"slot": "activation", "at": "layer2.0.relu", "module": "atac", "options": {"ratio": 2}}]}"""
GATES = SPACE.replace(', "nam", "ortho"]', "]").replace("ortho.ratio = [2, 4]\n", "")
JSON_OPTIONS = ("--data", "digits", "--set", "data.limit=100", "--epochs", 1, "--dry-run", "--json")
TINY = (
    STUDY.replace("epochs = 2", "epochs = 1")
    .replace("trials = 5", "trials = 2")
    .replace("limit = 160", "limit = 100")
)


def run(home: Path, *line: object) -> Result:
    done = CliRunner().invoke(app, [*map(str, line), "--runs-dir", str(home / "runs")])
    assert done.exit_code == 0, done.exception
    return done


def document(home: Path, *line: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(home, *line, "--json").stdout)
    return found


def written(home: Path, name: str) -> dict[str, Any]:
    """Return the study that was written for people, and can be searched."""
    return tomllib.loads((home / "runs" / name / "variants.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("looks")
    run(home, "search", write_study(home, TINY, GATES))
    (home / "net.json").write_text(ARCHITECTURE, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def ablated(home: Path) -> dict[str, Any]:
    """Return the table of a trial taken apart by module, with two seeds."""
    return document(home, "ablate", "tiny", 1, "--by", "module", "--seeds", 2)


def names(table: dict[str, Any]) -> list[str]:
    return [variant["variant"] for variant in table["variants"]]


def test_each_part_is_left_out_once(home: Path, ablated: dict[str, Any]) -> None:
    modules = {p["module"] for p in trials("tiny", home / "runs")[1]["placements"]}
    assert len(modules) > 1
    assert set(names(ablated)) == {"bare", "full", *(f"without {name}" for name in modules)}
    assert (ablated["against"], ablated["evaluated"], ablated["baseline"]) == (
        "full",
        "test",
        "bare",
    )
    for variant in ablated["variants"]:
        left = {placement["module"] for placement in variant["placements"]}
        out = variant["variant"].removeprefix("without ")
        assert variant["n"] == 2
        if out in modules:
            assert left == modules - {out}


def test_the_seeds_are_shared_and_none_is_the_searchs(home: Path, ablated: dict[str, Any]) -> None:
    name = ablated["study"]
    made, searched = written(home, name), tomllib.loads(TINY)
    used = {seed_of(made["seed"], repeat) for repeat in range(1000)}
    assert not used & {seed_of(searched["seed"], repeat) for repeat in range(1000)}
    by_variant: dict[str, list[int]] = {}
    for trial in trials(name, home / "runs"):
        by_variant.setdefault(trial["variant"], []).append(trial["repeat"])
    assert all(repeats == [0, 1] for repeats in by_variant.values())
    assert fail("ablate", "tiny", 1, "--seed", 3, "--runs-dir", home / "runs").startswith(
        "--seed 3: tiny has it and chose by it"
    )
    # Nor can a file be edited so that it has them.
    file = home / "edited.toml"
    text = (home / "runs" / name / "variants.toml").read_text(encoding="utf-8")
    file.write_text(text.replace(f"seed = {made['seed']}", "seed = 3"), encoding="utf-8")
    assert "seed 3 is that of tiny" in fail("search", file, "--runs-dir", home / "runs")


@settings(max_examples=20)
@given(st.integers(0, 2**40), st.sampled_from(["ablate", "retrain"]))
def test_a_fresh_seed_is_another_and_always_the_same(seed: int, purpose: str) -> None:
    fresh = fresh_seed(seed, purpose)
    assert fresh != seed
    assert 0 <= fresh < 1_000_000
    assert fresh == fresh_seed(seed, purpose)


def test_what_a_retraining_showed_is_not_repeated_by_an_ablation() -> None:
    assert fresh_seed(0, "ablate") != fresh_seed(0, "retrain")


def test_the_table_is_shown_again_from_the_record_alone(
    home: Path, ablated: dict[str, Any]
) -> None:
    again = document(home, "ablate", ablated["study"])
    assert again == ablated
    other = document(home, "ablate", ablated["study"], "--against", "bare")
    assert other["variants"][1]["difference"] == -ablated["variants"][0]["difference"]
    page = run(home, "ablate", ablated["study"]).stdout
    assert "accuracy on 359 test images" in page


def test_the_written_study_is_the_one_that_was_run(home: Path, ablated: dict[str, Any]) -> None:
    name = ablated["study"]
    before = numbers(trials(name, home / "runs"))
    file = home / "runs" / name / "variants.toml"
    assert "reference" in run(home, "search", file).stdout
    assert "reference" in run(home, "resume", name).stdout
    assert numbers(trials(name, home / "runs")) == before
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# Which part of trial 1 of tiny is missed when it is left out?\n")


def test_a_retraining_shows_what_the_search_said_too_much_and_takes_more_seeds(home: Path) -> None:
    line, name = ("retrain", "tiny", 1), "tiny-1-retrain"
    table = document(home, *line, "--seeds", 2)
    searched = trials("tiny", home / "runs")
    assert names(table) == ["bare", "trial 1"]
    for variant, trial in zip(table["variants"], searched, strict=False):
        assert variant["digest"] == trial["digest"]
        assert variant["search_score"] == trial["accuracy"]
        assert variant["gap"] == pytest.approx(trial["accuracy"] - variant["accuracy"])
        assert variant["gap_low"] < variant["gap"] < variant["gap_high"]
    # The weights are kept: these are the networks to be used.
    assert (home / "runs" / name / "trials" / "2" / "weights.pt").is_file()
    made = written(home, name)
    assert made["recipe"]["epochs"] == 1
    assert made["seed"] not in (3, fresh_seed(3, "ablate"))
    before = numbers(trials(name, home / "runs"))
    grown = document(home, *line, "--seeds", 3)
    after = trials(name, home / "runs")
    assert {variant["n"] for variant in grown["variants"]} == {3}
    assert numbers(after)[: len(before)] == before
    assert [(t["variant"], t["repeat"]) for t in after[4:]] == [("bare", 2), ("trial 1", 2)]


def test_a_dry_run_says_what_it_would_cost_and_leaves_nothing(home: Path) -> None:
    planned = document(home, "ablate", "tiny", 1, "--dry-run", "--name", "planned", "--epochs", 4)
    groups = len(planned["variants"]) - 2
    assert planned["trainings"] == 6 * (groups + 2)
    recorded = trials("tiny", home / "runs")[:2]
    pace = sum(trial["seconds"] / trial["epochs"] for trial in recorded) / 2
    assert planned["estimated_seconds"] == pytest.approx(pace * 4 * planned["trainings"])
    assert planned["variants"][0]["params"] == recorded[0]["params"]
    assert planned["variants"][1]["flops"] == recorded[1]["flops"]
    page = run(home, "ablate", "tiny", 1, "--dry-run", "--name", "planned").stdout
    assert "judged by trials 0, 1 of tiny, on cpu" in " ".join(page.split())
    assert not (home / "runs" / "planned").exists()


def test_parts_are_the_decisions_of_the_search_space(home: Path) -> None:
    planned = document(home, "ablate", "tiny", 1, "--dry-run", "--add-one-in")
    parts = [name.removeprefix("only ") for name in names(planned)[1:-1]]
    assert parts
    assert all(part.split(".")[0] in ("gate", "attend") for part in parts)
    assert all(part.split(".")[1].startswith("stage") for part in parts)


def test_without_a_space_parts_are_modules_at_one_kind_of_slot_in_a_stage(home: Path) -> None:
    planned = document(home, "ablate", home / "net.json", *JSON_OPTIONS[:-1])
    assert names(planned)[2:] == [
        "without atac activation stage1",
        "without atac activation stage2",
        "without se block_end stage2",
    ]
    assert planned["estimated_seconds"] is None
    by_stage = document(home, "ablate", home / "net.json", *JSON_OPTIONS[:-1], "--by", "stage")
    assert names(by_stage)[2:] == ["without stage1", "without stage2"]
    by_site = document(home, "ablate", home / "net.json", *JSON_OPTIONS[:-1], "--by", "site")
    assert len(by_site["variants"]) == 2 + 4


def test_a_sweep_gives_all_placements_of_the_module_the_value(home: Path) -> None:
    line = ("ablate", home / "net.json", *JSON_OPTIONS[:-1])
    planned = document(home, *line, "--sweep", "atac.ratio=1,2,4")
    # With ratio 2 it is the architecture itself.
    assert names(planned) == ["bare", "atac.ratio=1", "atac.ratio=2", "atac.ratio=4"]
    for variant, ratio in zip(planned["variants"][1:], (1, 2, 4), strict=True):
        found = {p["options"]["ratio"] for p in variant["placements"] if p["module"] == "atac"}
        assert found == {ratio}
    other = document(home, *line, "--sweep", "atac.ratio=1,4")
    assert names(other) == ["bare", "atac.ratio=1", "atac.ratio=4", "full"]


def test_a_factorial_has_every_combination(home: Path) -> None:
    line = ("ablate", home / "net.json", *JSON_OPTIONS[:-1], "--factorial")
    assert names(document(home, *line, "--by", "module")) == ["bare", "atac", "se", "full"]
    assert len(document(home, *line)["variants"]) == 2**3
    file = home / "factorial.toml"
    run(home, *line, "--by", "module", "--write", file)
    parts = tomllib.loads(file.read_text(encoding="utf-8"))["origin"]["parts"]
    assert parts == {"atac": ["atac", "full"], "se": ["se", "full"]}
    both = document(home, *line, "--sweep", "atac.ratio=1,2", "--sweep", "se.ratio=2,4")
    assert names(both)[1:] == [
        "atac.ratio=1, se.ratio=2",
        "atac.ratio=1, se.ratio=4",
        "atac.ratio=2, se.ratio=2",
        "atac.ratio=2, se.ratio=4",
    ]


def test_variants_of_a_study_are_compared_as_they_are(home: Path, ablated: dict[str, Any]) -> None:
    name = ablated["study"]
    some = names(ablated)[2:4]
    chosen = [word for variant in some for word in ("--variant", variant)]
    planned = document(home, "ablate", name, *chosen, "--dry-run")
    assert names(planned) == ["bare", *some]
    assert planned["estimated_from"].startswith(f"{2 * len(ablated['variants'])} trials of {name}")
    file = home / "runs" / name / "variants.toml"
    assert names(document(home, "ablate", file, *chosen, "--dry-run")) == ["bare", *some]
    # Of the full one parts are left out, as of any architecture.
    apart = document(home, "ablate", f"{name}:full", "--dry-run", "--by", "stage")
    assert "full" in names(apart)


def test_the_study_is_only_written_where_that_is_asked(home: Path) -> None:
    file = home / "mine.toml"
    line = ("ablate", "tiny", 1, "--write", file, "--name", "mine", "--seeds", 4)
    for _ in range(2):  # the same once more is no mistake
        run(home, *line)
    made = tomllib.loads(file.read_text(encoding="utf-8"))
    assert (made["name"], made["repeats"], made["evaluate"]) == ("mine", 4, "test")
    assert not (home / "runs" / "mine").exists()
    other = fail(*line[:-1], 5, "--runs-dir", home / "runs")
    assert "exists with other contents" in other


def test_the_whole_front_is_trained_anew_but_for_the_bare_backbone(tmp_path: Path) -> None:
    def gated(number: int, *calls: str, **values: float) -> Trial:
        options = {"slot": "before_conv", "module": "gct", "options": {}}
        return make_trial(number, placements=tuple({**options, "at": c} for c in calls), **values)

    found = [
        make_trial(0, accuracy=0.90, flops=800_000),
        gated(1, "conv1", accuracy=0.92, flops=810_000),
        gated(2, "layer1.0.conv1", accuracy=0.91, flops=820_000),  # dominated by trial 1
        gated(3, "conv1", "layer1.0.conv1", accuracy=0.95, flops=830_000),
    ]
    make_study(tmp_path / "runs", "many", found)
    run(tmp_path, "retrain", "many", "--front", "--write", tmp_path / "front.toml")
    made = tomllib.loads((tmp_path / "front.toml").read_text(encoding="utf-8"))
    assert [variant["name"] for variant in made["variant"]] == ["bare", "trial 1", "trial 3"]
    assert made["origin"]["scores"] == {"bare": 0.90, "trial 1": 0.92, "trial 3": 0.95}
    assert (made["name"], made["repeats"], made["evaluate"]) == ("many-front-retrain", 5, "test")
    make_study(tmp_path / "runs", "bare", found[:1])
    alone = fail("retrain", "bare", "--front", "--runs-dir", tmp_path / "runs")
    assert "its front has nothing but the bare backbone" in alone


def test_another_recipe_is_taken_from_a_study_file(home: Path) -> None:
    recipe = home / "longer.toml"
    recipe.write_text("[recipe]\nepochs = 7\nbatch_size = 16\n", encoding="utf-8")
    file = home / "long.toml"
    line = ("retrain", "tiny", 1, "--recipe", recipe, "--write", file)
    run(home, *line, "--set", "recipe.label_smoothing=0.1")
    made = tomllib.loads(file.read_text(encoding="utf-8"))
    assert made["recipe"] == {"epochs": 7, "batch_size": 16, "label_smoothing": 0.1}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ablate", "tiny"], 'study "tiny" is a search, whose scores chose its trials'),
        (["ablate", "tiny", 9], 'no trial 9 in study "tiny": its trials are 0 to 1'),
        (["ablate", "tiny", 0], "trial 0 of tiny: nothing to leave out or add"),
        (["ablate", "nothing", 1], 'no study "nothing"'),
        (["ablate", "tiny", 1, "--sweep", "atac.ratio=2"], "the architecture has no atac"),
        (["ablate", "tiny", 1, "--sweep", "gct.mod=l1"], 'no gct hyperparameter "mod"'),
        (["ablate", "tiny", 1, "--sweep", "gct.mode=l3"], "gct.mode = 'l3': must be"),
        (["ablate", "tiny", 1, "--sweep", "gct"], "must be MODULE.HYPERPARAMETER=VALUES"),
        (["ablate", "tiny", 1, "--sweep", "gct.mode=l1", "--sweep", "gct.eps=1"], "--factorial"),
        (["ablate", "tiny", 1, "--by", "block"], 'no group "block" in --by; known: module, site'),
        (["ablate", "tiny", 1, "--add-one-in", "--factorial"], "only one question at a time"),
        (["ablate", "tiny", 1, "--variant", "a"], "go with a study file"),
        (["ablate", "tiny", 1, "--wilcoxon", "--seeds", 5], "cannot be significant with 5 seeds"),
        (["ablate", "tiny", 1, "--against", "bar"], 'no variant "bar" in --against; known: bare'),
        (["retrain", "tiny", 1, "--margin", -1], "--margin -1: must be above 0"),
        (["ablate", "tiny.toml"], "say which: tiny.toml:VARIANT"),
        (["ablate", "net.json"], "no data set is named"),
        (["ablate", "tiny", 1, "--json", "--csv"], "--json and --csv: only one"),
        (["retrain", "tiny"], "say which trials are trained anew"),
        (["retrain", "tiny", 1, "--front"], "say which trials are trained anew"),
        (["retrain", "tiny", 0], "trial 0 of tiny: is the bare backbone"),
        (["retrain", "tiny", 1, "--recipe", "space.toml"], "has no table [recipe]"),
    ],
)
def test_a_mistake_is_one_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, words: list[object], said: str
) -> None:
    monkeypatch.chdir(home)
    assert said in fail(*words, "--runs-dir", home / "runs")


def test_mistakes_about_a_table(home: Path, ablated: dict[str, Any]) -> None:
    name, end = ablated["study"], ("--runs-dir", home / "runs")
    assert "1 seeds" not in fail("ablate", name, "--wilcoxon", *end)
    assert "seeds would do" in fail("ablate", name, "--wilcoxon", *end)
    assert 'no variant "nobody"' in fail("ablate", name, "--against", "nobody", *end)
    assert "--margin 0: must be above 0" in fail("ablate", name, "--margin", 0, *end)
    assert "--seeds, --epochs: for variants to be made" in fail(
        "ablate", name, "--seeds", 9, "--epochs", 2, *end
    )
    other = fail("ablate", "tiny", 1, "--by", "stage", "--name", name, *end)
    assert "was made with other settings: variant" in other


def test_a_study_without_a_complete_trial_has_no_table(tmp_path: Path) -> None:
    make_study(tmp_path, "begun", [make_trial(0, state="paused")], variant=[{"name": "bare"}])
    assert "no trial is complete yet" in fail("ablate", "begun", "--runs-dir", tmp_path)
    make_study(tmp_path, "one", [make_trial(0)], variant=[{}], search={"sampler": "single"})
    assert "is of one network alone" in fail("ablate", "one", "--runs-dir", tmp_path)


@pytest.mark.slow
def test_it_is_cut_off_and_gone_on_with_by_several_workers(home: Path) -> None:
    line = ("ablate", "tiny", 1, "--seeds", 2, "--by", "module")
    cut = nasattn(*line, "--name", "parts", "--timeout", "1s", runs=home / "runs")
    assert cut.returncode == 0, cut.stderr
    done = nasattn("resume", "parts", "--workers", 2, runs=home / "runs")
    assert done.returncode == 0, done.stderr
    assert "reference" in done.stdout
    whole = document(home, *line)
    expected = {variant["variant"]: variant["accuracies"] for variant in whole["variants"]}
    found = document(home, "ablate", "parts")["variants"]
    assert {variant["variant"]: variant["accuracies"] for variant in found} == expected

"""``nasattn space show``: what a space is and costs, before anything is trained."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from nasattn.cli import space as command
from nasattn.cost import CostModel
from nasattn.errors import UserError
from nasattn.report.ink import plain
from nasattn.report.space_page import count_words, space_page
from nasattn.space import cost_range, load_space, size, sums

APP = typer.Typer()
command.register(APP)
DIGITS = Path(__file__).parents[2] / "search_spaces" / "digits.toml"


def show(*arguments: object) -> Result:
    return CliRunner().invoke(APP, ["space", "show", *map(str, arguments)])


@pytest.fixture(scope="module")
def document() -> dict[str, object]:
    return json.loads(show(DIGITS, "--json").stdout)


def test_the_document_agrees_with_the_space(document: dict) -> None:
    space = load_space(DIGITS)
    model = CostModel(space.backbone, dict(space.backbone_args), space.input_shape)
    assert document["size"] == size(space)
    assert document["bare"]["params"] == model.base.params
    for cost, ends in cost_range(space, model).items():
        extremes = document["extremes"][cost]
        assert (extremes["cheapest"][cost], extremes["dearest"][cost]) == ends
    sites = [
        {"slot": site.slot, "at": site.at, "channels": site.channels, "size": list(site.size)}
        for decision in space.decisions
        for site in decision.sites
    ]
    shown = [
        {key: site[key] for key in ("slot", "at", "channels", "size")}
        for choice in document["choices"]
        for decision in choice["decisions"]
        for site in decision["sites"]
    ]
    assert shown == sites


def test_no_placement_adds_nothing(document: dict) -> None:
    for choice in document["choices"]:
        nothing, *modules = choice["options"]
        assert (nothing["module"], nothing["params"], nothing["flops"]) == (None, [0, 0], [0, 0])
        for option in modules:
            assert 0 < option["params"][0] <= option["params"][1]
            assert 0 < option["flops"][0] <= option["flops"][1]


def test_more_classes_cost_more(document: dict) -> None:
    more = json.loads(show(DIGITS, "--json", "--classes", 11).stdout)
    assert more["bare"]["params"] == document["bare"]["params"] + 65
    assert more["choices"] == document["choices"]


@pytest.mark.parametrize("width", [None, 60, 80, 120])
def test_the_page_names_every_choice_decision_option_and_number(
    document: dict, width: int | None
) -> None:
    lines = [plain(line) for line in space_page(document, width)]
    assert width is None or max(map(len, lines)) <= width
    words = " ".join(" ".join(lines).split())
    for choice in document["choices"]:
        assert f"{choice['slot']}, one decision per {choice['scope']}" in words
        assert all(option["module"] or "none" in words for option in choice["options"])
    for cost in ("params", "flops"):
        assert f"{document['bare'][cost]:,}" in words
        assert f"{document['extremes'][cost]['dearest'][cost]:,}" in words
    assert "size: 46,656 architectures" in lines
    assert "cheapest: bare backbone" in lines


def test_the_page_tells_the_median_the_share_and_the_shape() -> None:
    lines = show(DIGITS, "--budget", "flops=1.05x").stdout.splitlines()
    document = json.loads(show(DIGITS, "--budget", "flops=1.05x", "--json").stdout)
    assert f"within the budget (flops ≤ {document['budget']['flops']:,}): 10.5 %" in lines
    (median,) = (line.split() for line in lines if line.startswith("median"))
    assert median[1:4:2] == [f"{count:,}" for count in document["median"].values()]
    assert "Share of 46,656 architectures by cost:" in lines
    assert lines.index("params (k)") < lines.index("flops (k)")
    assert any(line.strip() == "▲ budget 801,158" for line in lines)


def test_a_space_too_large_to_count_is_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sums, "_MOST_SUMS", 10)
    out = show(DIGITS, "--budget", "params=1.05x,flops=1.1x").stdout
    assert "Share of 10,000 architectures drawn at random from 46,656 architectures" in out
    assert "% of 10,000 drawn" in out


STUDY = """
search_space = "{space}"
[budget]
params = "1.1x"
[data]
name = "fake"
[recipe]
epochs = 1
"""


def test_a_study_shows_its_space_within_its_budget(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY.format(space=DIGITS), encoding="utf-8")
    found = json.loads(show(path, "--json").stdout)
    assert found["file"] == str(DIGITS)
    assert found["num_classes"] == 4  # of the data set
    assert list(found["budget"]) == ["params"]
    other = json.loads(show(path, "--json", "--budget", "flops=1.2x", "--classes", 7).stdout)
    assert (other["num_classes"], list(other["budget"])) == (7, ["flops"])
    assert show(path).stderr == f"next: nasattn search {path}\n"


def test_a_study_without_its_data_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    text = STUDY.format(space=DIGITS).replace('"fake"', '"npz"\nroot = "nowhere.npz"')
    path.write_text(text, encoding="utf-8")
    error = show(path).exception
    assert isinstance(error, UserError)
    assert str(error).endswith("--classes N shows the space without the data")
    assert show(path, "--classes", 5).exit_code == 0


def test_a_study_of_variants_has_no_space() -> None:
    error = show(DIGITS.parents[1] / "studies" / "quickstart_again.toml").exception
    assert isinstance(error, UserError)
    assert str(error).endswith("lists variants, not a search space")


def test_the_command_prints_the_page_and_the_next_command_beside_it() -> None:
    result = show(DIGITS)
    assert result.exit_code == 0
    assert "size: 46,656 architectures" in result.stdout
    assert result.stderr == f"next: nasattn search {DIGITS}\n"


def test_words_of_a_huge_count_are_short() -> None:
    assert count_words(10**15 - 1) == "999,999,999,999,999"
    assert count_words(10**15) == "1.000e15"
    assert count_words(2 * 10**400) == "2.000e400"


def test_where_and_intervals_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        'backbone = "resnet8"\n[[choice]]\nname = "n"\nslot = "after_conv"\nscope = "network"\n'
        'where = "layer[a-z1].*"\noptions = ["none", "nam"]\n'
        "nam.penalty = { low = 1e-5, high = 1e-2, log = true }\n"
    )
    out = show(path).stdout
    assert 'after_conv, one decision per network, where "layer[a-z1].*"' in out
    assert "penalty 1e-05 to 0.01 (log)" in out
    assert "size: 2 architectures (an interval counts as one value: n.nam.penalty)" in out


def test_a_mistake_in_the_file_is_the_users(tmp_path: Path) -> None:
    result = show(tmp_path / "none.toml")
    assert isinstance(result.exception, UserError)
    assert str(result.exception) == f"{tmp_path / 'none.toml'}: no such file"

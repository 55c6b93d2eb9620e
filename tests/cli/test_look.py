import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from nasattn import attention
from nasattn.cli.main import main
from nasattn.cost import CostModel
from nasattn.placement import Placement, backbone_sites, canonical
from nasattn.report.ink import plain

COUNTS = ("params", "norm_statistics", "flops", "flops_stock")
NETWORKS = "tests.conformance.networks"
SPACE = """
backbone = "resnet8"
input_shape = [3, 8, 8]
[backbone_args]
width = 8
[[choice]]
name = "act"
slot = "activation"
scope = "network"
options = ["keep", "atac"]
atac.ratio = [2, 4]
[[choice]]
name = "attend"
slot = "block_end"
scope = "stage"
options = ["none", "eca", "nam"]
"""


class Done(NamedTuple):
    code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        return self.stdout.splitlines()


Nasattn = Callable[..., Done]


@pytest.fixture
def nasattn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nasattn:
    def run(*arguments: str, columns: int | None = 100) -> Done:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["nasattn", *arguments])
            patch.setattr(sys, "path", list(sys.path))
            if columns is None:
                patch.delenv("COLUMNS")
            else:
                patch.setenv("COLUMNS", str(columns))
            code = 0
            try:
                main()
            except SystemExit as left:
                code = int(left.code or 0)
        return Done(code, *map(plain, capsys.readouterr()))

    return run


def read(done: Done) -> dict:
    assert done.code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def architecture(tmp_path: Path) -> Path:
    placements = [
        Placement("block_end", "layer1.0.add", "nam", (("attend", "both"),)),
        Placement("activation", "layer2.0.relu_1", "atac", (("ratio", 4),)),
        Placement("before_conv", "layer3.0.conv1", "gct"),
    ]
    file = tmp_path / "architecture.json"
    file.write_text(canonical("resnet8", {"width": 8}, (3, 8, 8), placements).text)
    return file


@pytest.fixture
def space(tmp_path: Path) -> Path:
    file = tmp_path / "space.toml"
    file.write_text(SPACE)
    return file


class TestSites:
    def test_lists_every_site(self, nasattn: Nasattn) -> None:
        done = nasattn("sites", "resnet8", "--arg", "width=8", "--input-shape", "1,8,8")
        assert done.lines[0] == "resnet8, width = 8, 1×8×8"
        found = backbone_sites("resnet8", {"width": 8}, (1, 8, 8)).sites
        rows = [line.split() for line in done.lines[4 : 4 + len(found)]]
        assert rows == [
            [
                str(site.stage),
                str(site.slot),
                "×".join(map(str, (site.channels, *site.size))),
                site.block,
                site.at,
            ]
            for site in found
        ]
        assert "21 sites in 3 stages and 4 blocks: 7 activation, 4 after_conv" in done.stdout
        assert "next: nasattn modules" in done.stderr

    def test_json_has_every_fact(self, nasattn: Nasattn) -> None:
        document = read(nasattn("sites", "resnet8", "--json"))
        assert document["backbone"] == "resnet8"
        assert document["input_shape"] == [3, 32, 32]
        assert document["refused"] == []
        assert len(document["sites"]) == 21
        end = next(site for site in document["sites"] if site["at"] == "layer2.0.add")
        assert end == {
            "slot": "block_end",
            "at": "layer2.0.add",
            "stage": 2,
            "block": "layer2.0",
            "channels": 32,
            "size": [16, 16],
            "follows": "layer2.0.conv2",
            "calls": 1,
        }

    def test_refusals_are_grouped_by_reason(self, nasattn: Nasattn) -> None:
        done = nasattn("sites", "alexnet", "--input-shape", "3,64,64")
        (line,) = [line for line in done.lines if "its input is no map" in line]
        assert line.split() == [
            *["2", "activation", "its", "input", "is", "no", "map", "(N,", "C,", "H,", "W)"],
            "classifier.{1,4}",
        ]

    def test_every_refusal_of_a_users_network_is_told(self, nasattn: Nasattn) -> None:
        done = nasattn("sites", f"{NETWORKS}:refusing", "--input-shape", "3,8,8")
        reasons = (
            "control flow",
            "sets attributes",
            "optional argument: shortcut",
            "more than once",
        )
        assert [reason for reason in reasons if reason not in done.stdout] == []
        again = nasattn("sites", f"{NETWORKS}:blocks", "--input-shape", "3,8,8")
        assert "again.relu (2 calls)" in again.stdout

    @pytest.mark.parametrize("slot", ["block_end", "activation"])
    def test_one_kind(self, nasattn: Nasattn, slot: str) -> None:
        arguments = ["sites", "alexnet", "--input-shape", "3,64,64", "--slot", slot]
        document = read(nasattn(*arguments, "--json"))
        assert {site["slot"] for site in document["sites"]} <= {slot}
        assert len(document["refused"]) == (2 if slot == "activation" else 0)
        assert ("no sites" in nasattn(*arguments).stdout) == (slot == "block_end")

    @pytest.mark.parametrize("columns", [40, 80, 160])
    def test_lines_fit_the_terminal(self, nasattn: Nasattn, columns: int) -> None:
        done = nasattn("sites", f"{NETWORKS}:blocks", "--input-shape", "3,8,8", columns=columns)
        assert max(map(len, done.lines)) <= max(columns, 50)

    def test_a_space_tells_the_same_of_a_site(self, nasattn: Nasattn, space: Path) -> None:
        shown = read(nasattn("space", "show", str(space), "--json"))
        told = [site for c in shown["choices"] for d in c["decisions"] for site in d["sites"]]
        listed = read(nasattn("sites", "resnet8", "--arg=width=8", "--input-shape=3,8,8", "--json"))
        assert {"follows", "calls"} <= told[0].keys()
        assert all(site in listed["sites"] for site in told)
        of_kinds = [site for site in listed["sites"] if site["slot"] in ("activation", "block_end")]
        assert len(told) == len(of_kinds)


class TestModules:
    def test_every_module_with_its_facts(self, nasattn: Nasattn) -> None:
        document = read(nasattn("modules", "--json"))
        assert (document["channels"], document["size"]) == (64, [32, 32])
        assert {module["module"] for module in document["modules"]} == set(attention.ENTRIES)
        by_name = {module["module"]: module for module in document["modules"]}
        assert by_name["gct"]["flops"] == 197_250
        assert by_name["atac"]["slots"] == ["activation"]
        assert by_name["atac"]["hyperparameters"][0] == {
            "name": "ratio",
            "default": 2,
            "values": "an integer of at least 1",
        }
        assert by_name["se"]["url"].startswith("https://arxiv.org/abs/1709.01507")

    def test_the_page_has_every_fact(self, nasattn: Nasattn) -> None:
        done = nasattn("modules", columns=80)
        text = done.stdout
        for entry in attention.ENTRIES.values():
            assert entry.url in text
            assert all(hyper.name in text for hyper in entry.hyperparameters)
        assert "4,554,752" in text
        assert max(map(len, done.lines)) <= 80


class TestCost:
    def test_a_backbone_by_stage(self, nasattn: Nasattn) -> None:
        document = read(nasattn("cost", "resnet18", "--json"))
        assert [document[name] for name in COUNTS] == [
            *[11_173_962, 9_600],
            *[557_462_528, 556_659_712],
        ]
        assert document["placements"] == []
        for name in COUNTS:
            assert sum(stage[name] for stage in document["stages"]) == document[name]
        page = nasattn("cost", "resnet18").stdout
        total = next(line.split() for line in page.splitlines() if line.startswith("total"))
        assert total[1:] == ["11,173,962", "11,183,562", "557,462,528", "556,659,712", "100.0"]

    def test_classes_arguments_and_shape(self, nasattn: Nasattn) -> None:
        options = ["--num-classes", "7", "--arg", "width=8", "--input-shape", "1,8,8"]
        document = read(nasattn("cost", "resnet8", *options, "--json"))
        base = CostModel("resnet8", {"width": 8}, (1, 8, 8), 7).base
        assert [document[name] for name in COUNTS] == [getattr(base, name) for name in COUNTS]

    def test_an_architecture_adds_up_by_stage_and_by_placement(
        self, nasattn: Nasattn, architecture: Path
    ) -> None:
        document = read(nasattn("cost", str(architecture), "--json"))
        for name in COUNTS:
            assert sum(stage[name] for stage in document["stages"]) == document[name]
            added = sum(placement[name] for placement in document["placements"])
            assert document["bare"][name] + added == document[name]
        assert [placement["stage"] for placement in document["placements"]] == [2, 3, 1]
        assert len(document["digest"]) == 12

    def test_an_architectures_page_names_every_placement(
        self, nasattn: Nasattn, architecture: Path
    ) -> None:
        done = nasattn("cost", str(architecture), columns=160)
        rows = {line.split()[-1]: line for line in done.lines if line}
        assert "nam(both)" in rows["layer1.0.add"]
        assert "atac(r=4)" in rows["layer2.0.relu_1"]
        assert "+48" in rows["layer3.0.conv1"].split()
        assert "against the bare backbone: params +" in done.stdout
        assert done.stderr == ""

    def test_a_space_by_decision(self, nasattn: Nasattn, space: Path) -> None:
        document = read(nasattn("cost", str(space), "--json"))
        names = [decision["name"] for decision in document["decisions"]]
        assert names == ["act", "attend.stage1", "attend.stage2", "attend.stage3"]
        for name in ("params", "flops"):
            ends = document["range"][name]
            for end, choose in ((0, min), (1, max)):
                chosen = [
                    choose(option[name][end] for option in decision["options"])
                    for decision in document["decisions"]
                ]
                assert document["bare"][name] + sum(chosen) == ends[end]
        keep, gated = document["decisions"][0]["options"]
        assert (keep["module"], keep["params"]) == (None, [0, 0])
        assert gated["params"][0] < gated["params"][1]
        assert len(document["decisions"][0]["sites"]) == 7

    def test_a_spaces_page(
        self, nasattn: Nasattn, space: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(space.parent)
        done = nasattn("cost", space.name, columns=80)
        assert done.lines[0] == "space.toml: resnet8, width = 8, 3×8×8, 10 classes"
        words = ("total", "attend.stage3", "  keep", "  none", "  nam", "flops_stock")
        assert [word for word in words if word not in done.stdout] == []
        assert "next: nasattn search space.toml" in done.stderr

    @pytest.mark.parametrize("columns", [80, 160])
    def test_lines_fit_the_terminal(
        self, nasattn: Nasattn, architecture: Path, space: Path, columns: int
    ) -> None:
        for target in ("resnet18", str(architecture), str(space)):
            done = nasattn("cost", target, columns=columns)
            assert max(map(len, done.lines[1:])) <= columns

    def test_a_latency_stands_beside_the_backbones_with_its_conditions(
        self, nasattn: Nasattn, architecture: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("nasattn.cost.latency._SECONDS", 0.01)
        options = ("--latency", "--device", "cpu", "--threads", "1", "--batch-size", "3")
        found = read(nasattn("cost", str(architecture), *options, "--json"))["latency"]
        assert (found["batch_size"], found["threads"], found["device"]) == (3, 1, "cpu")
        assert found["precision"] == "fp32"
        for measured in (found, found["bare"]):
            assert measured["median_ms"] > 0 <= measured["iqr_ms"]
            assert measured["runs"] >= 10
        page = nasattn("cost", "resnet8", *options, columns=80).stdout
        assert "latency: " in page
        assert "against the bare backbone" not in page
        assert "a batch of 3, cpu, " in " ".join(page.split())
        assert read(nasattn("cost", "resnet8", *options, "--json"))["latency"]["bare"] is None

    def test_into_a_pipe_each_row_is_one_line(self, nasattn: Nasattn, architecture: Path) -> None:
        rows = [line.split() for line in nasattn("cost", str(architecture), columns=None).lines]
        placed = [row for row in rows if row and "layer" in row[-1]]
        assert [row[-1] for row in placed] == [
            "layer1.0.add",
            "layer2.0.relu_1",
            "layer3.0.conv1",
        ]
        assert {len(row) for row in placed} == {8}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sites", "resnet9"], ['no backbone "resnet9"', "did you mean"]),
        (["sites", "resnet8", "--slot", "blockend"], ['no slot "blockend"', '"block_end"']),
        (["sites", "resnet8", "--input-shape", "3,32"], ["--input-shape 3,32", "C,H,W"]),
        (["sites", "resnet8", "--input-shape", "3,0,8"], ["three positive integers"]),
        (["sites", "resnet8", "--input-shape", "a,b,c"], ["three positive integers"]),
        (["sites", "resnet8", "--arg", "width"], ["--arg width", "KEY=VALUE"]),
        (["sites", "resnet8", "--arg", "depth=3"], ["no argument 'depth'", "it takes: width"]),
        (["sites", "resnet8", "--arg", "width=abc"], ["width = 'abc'", "positive integer"]),
        (["sites", "alexnet", "--input-shape", "3,8,8"], ["does not take images of 3×8×8"]),
        (["cost", "missing.json"], ["missing.json: cannot be read: No such file"]),
        (["cost", "missing.toml"], ["missing.toml: no such file"]),
        (["cost", "bad.json"], ["bad.json: an architecture is JSON, but"]),
        (["cost", "bad.toml"], ["bad.toml", "backbone"]),
        (["cost", "bad.json", "--arg", "width=8"], ["bad.json has its own"]),
        (["cost", "bad.toml", "--latency"], ["--latency is for one network"]),
        (["cost", "resnet8", "--latency", "--device", "gpu"], ['no device "gpu"', "cpu"]),
        (["cost", "nothing"], ['no backbone "nothing"']),
        (["cost", f"{NETWORKS}:failing"], ["its factory failed", "no weights on this machine"]),
    ],
)
def test_mistakes_are_one_line(
    nasattn: Nasattn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "bad.toml").write_text("[[choice]]\n")
    done = nasattn(*arguments)
    assert (done.code, done.stdout) == (2, "")
    assert [word for word in words if word not in done.stderr] == []
    assert done.stderr.startswith("nasattn: ")
    assert done.stderr.count("\n") == 1
